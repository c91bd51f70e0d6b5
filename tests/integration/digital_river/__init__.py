"""The client over real sockets, and its pacer over real processes."""
