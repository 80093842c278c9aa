"""The API resource/v1."""
