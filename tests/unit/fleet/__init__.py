"""The parts of a fleet that need no database."""
