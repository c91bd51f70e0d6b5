"""A state in PostgreSQL: a schema an account, which any number of machines share."""
