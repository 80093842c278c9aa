"""The API certificates/v1."""
