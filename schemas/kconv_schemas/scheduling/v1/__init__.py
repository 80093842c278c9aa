"""The API scheduling/v1."""
