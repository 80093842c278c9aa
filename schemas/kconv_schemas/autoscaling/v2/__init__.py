"""The API autoscaling/v2."""
