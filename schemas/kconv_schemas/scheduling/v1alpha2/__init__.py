"""The API scheduling/v1alpha2."""
