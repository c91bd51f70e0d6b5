"""A state in a file of SQLite, which the processes of one machine share."""
