"""The API certificates/v1alpha1."""
