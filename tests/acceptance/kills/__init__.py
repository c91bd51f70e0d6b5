"""kill -9 at every durable step and every request boundary of a command, none left out."""
