"""What syncd shows."""
