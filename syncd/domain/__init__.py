"""Frozen values and the rules about them; nothing here knows a file, a socket or a table."""
