"""Real parts together: files, databases, sockets, a browser."""
