"""The API resource/v1beta2."""
