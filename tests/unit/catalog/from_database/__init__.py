"""Catalogs in databases: the parts that need none."""
