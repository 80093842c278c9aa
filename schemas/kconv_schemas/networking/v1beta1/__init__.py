"""The API networking/v1beta1."""
