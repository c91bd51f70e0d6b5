"""Holds the sandbox against the vendor's document by requests that nobody has thought of."""
