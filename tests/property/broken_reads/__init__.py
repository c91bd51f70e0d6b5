"""Reads of every kind of source, broken in every way that is known: none may lead to a delete."""
