"""The port of the state: one suite over the SQLite file and the fake in memory."""
