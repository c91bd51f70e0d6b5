"""The lists that ship with the program."""
