"""What a syncd in a process of its own tells a test run of what it sends."""
