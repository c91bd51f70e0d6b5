"""Many accounts over any number of machines: jobs in PostgreSQL, kept by Procrastinate."""
