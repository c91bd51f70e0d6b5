"""Deliberate bugs, each small and named, and the tests that must catch it."""
