"""The API admissionregistration/v1alpha1."""
