"""The verbs of syncd, each a short story told over the ports."""
