"""The SKUs of an account as a catalog, without any account."""
