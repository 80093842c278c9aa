"""The API apiextensions/v1."""
