"""The command line's own parts, without a process around them."""
