"""The state on a real file: opening, migrating, sharing, breaking."""
