"""Printer columns of autoscaling."""
