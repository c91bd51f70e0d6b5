"""In-memory stand-ins for the ports, rich enough for the stories told over them."""
