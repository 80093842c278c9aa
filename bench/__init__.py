"""Measurements, each with what it may cost and the least it could."""
