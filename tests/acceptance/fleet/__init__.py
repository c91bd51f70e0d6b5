"""Several processes that work for many accounts, on a real PostgreSQL."""
