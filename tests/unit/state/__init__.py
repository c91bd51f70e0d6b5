"""The parts of the state that need no database."""
