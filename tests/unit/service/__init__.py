"""The stories of the service, over fakes and values."""
