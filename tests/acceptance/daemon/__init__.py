"""The daemon as systemd starts it, over a sandbox that is another process."""
