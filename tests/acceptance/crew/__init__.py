"""Eight processes on one account, and everything that can befall them."""
