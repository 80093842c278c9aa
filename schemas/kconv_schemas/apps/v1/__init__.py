"""The API apps/v1."""
