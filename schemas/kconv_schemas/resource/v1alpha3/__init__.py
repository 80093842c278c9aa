"""The API resource/v1alpha3."""
