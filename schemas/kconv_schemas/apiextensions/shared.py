"""What all versions of a definition say: Kubernetes says once what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from kconv import Finding

Value = Mapping[str, Any]

PLACES: Final = {
    "schema": "validation",
    "subresources": "subresources",
    "additionalPrinterColumns": "additionalPrinterColumns",
    "selectableFields": "selectableFields",
}
"""What a version says, and where v1beta1 had it for all of them."""


def by_version(
    versions: list[Value], key: str, problems: Callable[[int], Iterator[Finding]]
) -> Iterator[Finding]:
    """What is wrong with what versions say under a key, from the problems of each, by index."""
    said = [each.get(key) for each in versions]
    if said and said[0] is not None and all(each == said[0] for each in said):
        for finding in problems(0):
            yield finding.under(PLACES[key])
        return
    for at, each in enumerate(said):
        for finding in problems(at) if each is not None else ():
            yield finding.under("versions", at, key)
