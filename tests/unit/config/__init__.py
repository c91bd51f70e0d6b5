"""The configuration, key by key and as a whole."""
