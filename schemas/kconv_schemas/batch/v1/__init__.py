"""The API batch/v1."""
