"""The API discovery/v1."""
