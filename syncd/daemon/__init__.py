"""The daemon: cycles by schedule, signals, and what the service manager is told."""
