"""The command line in this very process: many cases, over a real state and a real sandbox."""
