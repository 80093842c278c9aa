"""Every recorded answer of Kubernetes' own code, for the kinds that are registered."""
