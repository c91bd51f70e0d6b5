"""The promises of the `Remote` port, kept by the client and by the fake alike."""
