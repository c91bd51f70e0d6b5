"""What syncd shows, in a real browser."""
