"""The SKUs of a sandbox as a catalog, over a real socket."""
