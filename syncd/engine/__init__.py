"""Pure functions over the domain: what is wanted, what is due, what may pass, what comes next."""
