"""The client of the Digital River API: pure parts by tables, its conduct over a mocked wire."""
