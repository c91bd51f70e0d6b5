"""The whole system on a seed: virtual time, processes that die, and a remote that misbehaves."""
