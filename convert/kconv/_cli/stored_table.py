"""What a place holds, as a table: a row for each version that a collection is in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kconv.place import Collection, Section
    from kconv_migrations._migration import CollectionStatus


def stored_table(found: Sequence[CollectionStatus]) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The header, and cells for each collection and version."""
    sections = sections_of(each.collection for each in found)
    header = ("RESOURCE", "VERSION", *map(heading, sections), "PREFERRED")
    return header, [
        (
            each.name,
            version.api_version,
            *(f"{version.sections.get(section.name, 0):,}" for section in sections),
            "yes" if version.preferred else "-",
        )
        for each in found
        for version in each.versions
    ]


def sections_of(collections: Iterable[Collection]) -> list[Section]:
    """The sections that any of the collections has; those of objects where there is none."""
    from kconv.place import Section

    found = {section.name: section for each in collections for section in each.sections}
    return list(found.values()) or [Section()]


def heading(section: Section) -> str:
    """What stands over the rows of a section: OBJECTS."""
    return f"{section.noun}s".upper()
