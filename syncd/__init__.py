"""Keeps Digital River's inventory items in line with a merchant's catalog."""

__version__ = "0.1.0"
