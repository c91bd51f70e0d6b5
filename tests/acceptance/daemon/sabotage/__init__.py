"""What breaks a daemon from within."""
