"""The API admissionregistration/v1beta1."""
