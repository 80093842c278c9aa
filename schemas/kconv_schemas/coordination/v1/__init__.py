"""The API coordination/v1."""
