"""What plants a mutation in a process that a test starts."""
