"""The sandbox over a real socket, each exchange checked against the vendor's document."""
