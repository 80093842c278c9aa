"""The API autoscaling/v1."""
