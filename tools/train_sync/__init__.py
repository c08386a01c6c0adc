"""Training of the sync experts; see `__main__`."""
