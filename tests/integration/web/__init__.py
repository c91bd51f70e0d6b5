"""The web over real sockets, and beside a daemon that is a process."""
