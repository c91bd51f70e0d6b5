"""Catalogs in real databases: SQLite, PostgreSQL and MariaDB."""
