"""The API apiserverinternal/v1alpha1."""
