"""The installed command, started as a process."""
