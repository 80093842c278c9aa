"""The API networking/v1."""
