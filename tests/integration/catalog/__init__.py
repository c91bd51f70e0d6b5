"""The file source on real files, sound and damaged."""
