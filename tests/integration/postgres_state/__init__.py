"""The state in a real PostgreSQL: what no other database can show."""
