"""The pure functions of the engine, by tables of cases."""
