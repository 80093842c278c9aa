"""The API resource/v1beta1."""
