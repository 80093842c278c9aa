"""The API coordination/v1beta1."""
