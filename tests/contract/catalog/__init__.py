"""What every source of a catalog keeps to."""
