"""The pure parts of the sandbox."""
