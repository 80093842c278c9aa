"""Versions declared by models of other libraries: pydantic, msgspec, dataclasses.

`spoke` makes a `kconv.Resource` or `kconv.Document` of one. Fields, types, bounds, enumerations,
defaults and descriptions are carried over; what cannot be is refused by name, all of it at once.
"""

from kconv._models.declare import spoke

__all__ = ["spoke"]
