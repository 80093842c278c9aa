"""The API storage/v1."""
