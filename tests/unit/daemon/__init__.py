"""The parts of the daemon that need no loop."""
