"""The API authentication/v1."""
