"""The API storagemigration/v1beta1."""
