"""Fixtures for every test."""

pytest_plugins = ["fixtures.kubectl", "fixtures.postgres", "fixtures.reference"]
