"""The daemon's own loop over many cycles in time that leaps: what grows, and what must not."""
