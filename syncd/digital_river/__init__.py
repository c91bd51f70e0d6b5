"""The client of the Digital River API: requests, their pace, and what their answers mean."""
