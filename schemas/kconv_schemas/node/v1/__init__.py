"""The API node/v1."""
