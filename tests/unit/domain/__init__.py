"""The rules and values of the domain, by tables of cases."""
