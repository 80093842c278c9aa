"""The API flowcontrol/v1."""
