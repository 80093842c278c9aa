"""The API storage/v1beta1."""
