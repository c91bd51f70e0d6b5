"""Configurations read from real files, credentials and environments."""
