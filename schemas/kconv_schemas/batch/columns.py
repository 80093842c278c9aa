"""Printer columns of batch."""
