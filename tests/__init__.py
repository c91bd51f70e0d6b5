"""The tests of syncd, in the folders that architecture.md names."""
