"""The API apiregistration/v1."""
