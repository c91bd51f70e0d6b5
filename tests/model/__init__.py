"""A fleet that nobody has, event by event: how busy its parts are, and how long errands wait."""
