"""Printer columns of core."""
