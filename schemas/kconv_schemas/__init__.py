"""The API groups that kconv ships; each registers itself through the entry point `kconv.apis`."""
