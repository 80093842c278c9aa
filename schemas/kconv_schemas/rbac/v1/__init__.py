"""The API rbac/v1."""
