"""Catalogs behind an address: pages of an API, exports to download, and jobs that prepare them."""
