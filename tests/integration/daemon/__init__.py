"""The daemon's parts at work on a real state."""
