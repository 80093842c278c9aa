"""The API coordination/v1alpha2."""
