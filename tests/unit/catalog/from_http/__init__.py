"""What makes up the source behind an address, piece by piece."""
