"""The API policy/v1."""
