"""The versions of every kind side by side, and the graph and ledger of one kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kconv._messages import count
from kconv._scheme import Spoke
from kconv._ui.graph import graph
from kconv._ui.history import Sample
from kconv._ui.state import Ask, Page, State
from kconv._versions import KindVersion, fate_of, kind_losses, kind_version
from kconv.place import Collection
from kconv_migrations._migration import CollectionStatus, VersionStatus


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a kind: what the code says of it (None where it does not have it), and rows.

    ``served`` is by the server that the page is of. ``stored`` is ``yes`` for the version that new
    objects are written in, ``kept`` for another one on record.
    """

    api_version: str
    facts: KindVersion | None
    served: bool
    stored: str
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class KindRows:
    """A kind, or a collection that no installed API has, with its versions."""

    collection: Collection
    title: str
    group: str
    versions: tuple[VersionRow, ...]
    settled: bool


def listed(state: State, sample: Sample) -> list[KindRows]:
    """Every kind with its versions, by name."""
    recorded = {each.name: each for each in sample.status}
    found = []
    for collection in state.place.collections():
        status = recorded.get(collection.name)
        rows = tuple(_rows(state, collection, status))
        kind = collection.kind
        title = collection.name if kind is None else kind.options.kind
        group = "" if kind is None else kind.options.group
        settled = status is None or status.settled
        found.append(KindRows(collection, title, group, rows, settled))
    return found


def _rows(
    state: State, collection: Collection, status: CollectionStatus | None
) -> Iterator[VersionRow]:
    on_record = {} if status is None else {each.api_version: each for each in status.versions}
    spokes = [] if collection.kind is None else list(collection.kind.spokes)
    for spoke in spokes:
        facts = kind_version(state.pipeline.scheme, spoke)
        row = on_record.pop(spoke.api_version, None)
        fresh = status is None and facts.stored
        yield VersionRow(
            spoke.api_version, facts, _is_served(state, spoke, facts), _stored(row, fresh),
            {} if row is None else row.sections,
        )  # fmt: skip
    for version, row in on_record.items():
        yield VersionRow(version, None, False, _stored(row, False), row.sections)


def _is_served(state: State, spoke: Spoke, facts: KindVersion) -> bool:
    return facts.served if state.served is None else spoke.group_version in state.served


def _stored(row: VersionStatus | None, fresh: bool) -> str:
    if row is None:
        return "yes" if fresh else ""
    return "yes" if row.preferred else "kept"


def versions_page(state: State, ask: Ask) -> Page:
    """Every kind, its versions side by side."""
    return Page("versions.html", "Versions", table(state), live="versions")


def table(state: State) -> dict[str, Any]:
    """The values of the table of versions."""
    kinds = listed(state, state.history.look())
    versions = sum(len(each.versions) for each in kinds)
    rows = sum(sum(row.rows.values()) for each in kinds for row in each.versions)
    return {
        "kinds": kinds,
        "summary": f"{count(len(kinds), 'kind')}, {count(versions, 'version')}, "
        f"{count(rows, 'row')} stored",
    }


def kind_page(state: State, ask: Ask) -> Page:
    """One kind: versions, graph, what each edge keeps or loses, what each conversion loses."""
    collection = state.collection(ask.steps[1])
    kind = collection.kind
    sample = state.history.look()
    status = {each.name: each for each in sample.status}.get(collection.name)
    values: dict[str, Any] = {
        "collection": collection,
        "rows": list(_rows(state, collection, status)),
        "graph": None,
    }
    title = collection.name
    if kind is not None:
        title = kind.options.kind
        conversions = [
            (
                _short(each.source.version, each.source.kind, title),
                _short(each.target.version, each.target.kind, title),
                _by_fate([fate_of(loss) for loss in each.losses]),
                len(each.losses),
            )
            for each in kind_losses(kind)
        ]
        values |= {
            "graph": graph(kind),
            "lossy": [each for each in conversions if each[3]],
            "lossless": [each for each in conversions if not each[3]],
        }
    return Page("kind.html", title, values)


def _short(version: str, kind: str, usual: str) -> str:
    return version if kind == usual else f"{version} {kind}"


def _by_fate(fates: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fate, path in fates:
        found.setdefault(fate, []).append(path)
    return found
