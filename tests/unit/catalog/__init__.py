"""The pure parts of the file source."""
