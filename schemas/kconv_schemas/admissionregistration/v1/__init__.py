"""The API admissionregistration/v1."""
