"""The API certificates/v1beta1."""
