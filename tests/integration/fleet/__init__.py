"""The queue of a fleet, on a real PostgreSQL."""
