"""What a database holds, as a table: a row for each version that a resource is encoded in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kconv_migrations._migration import ResourceStatus

STORED = ("RESOURCE", "VERSION", "OBJECTS", "CHANGES", "PREFERRED")
"""The header of what `stored_rows` gives."""


def stored_rows(found: Iterable[ResourceStatus]) -> list[tuple[str, ...]]:
    """Cells for each resource and version, in the order of `STORED`."""
    return [
        (
            str(each.resource),
            version.api_version,
            f"{version.objects:,}",
            f"{version.changes:,}",
            "yes" if version.preferred else "-",
        )
        for each in found
        for version in each.versions
    ]
