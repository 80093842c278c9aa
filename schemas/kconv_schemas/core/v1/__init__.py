"""The API core/v1."""
