"""The parts of the web that need no server."""
