"""The tests of every place over kconv's own store and tables of a user's own."""

from kconv.testing import PlaceTests


class TestDatabasePlaces(PlaceTests):
    """Every promise; the fixture ``ground`` has one place after the other."""
