"""Pure parts, by tables of cases."""
