"""The cycle at work on a real state: with fakes around it and virtual time, then with none."""
