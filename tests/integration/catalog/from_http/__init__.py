"""Catalogs behind an address, over real sockets."""
