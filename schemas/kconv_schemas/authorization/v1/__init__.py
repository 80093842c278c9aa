"""The API authorization/v1."""
