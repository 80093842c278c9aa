"""Rules of autoscaling."""
