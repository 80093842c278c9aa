"""Who owns fields: the entries of ``metadata.managedFields``, read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from kconv._managed.fields import Fields, parse, written
from kconv._managed.known_sets import Known, KnownSets

UPDATE: Final = "Update"
APPLY: Final = "Apply"
FIELDS_TYPE: Final = "FieldsV1"

_SHORT: Final = 256
"""Letters of a manager whose identifier is kept."""

Entry = Mapping[str, Any]
"""A ManagedFieldsEntry as JSON has it."""


class Manager(NamedTuple):
    """Who an entry is of; of an applier there is one, whatever version it applies in."""

    name: str
    operation: str
    api_version: str = ""
    subresource: str = ""

    @property
    def identifier(self) -> str:
        """What Kubernetes keys managers by, and sorts them by."""
        short = sum(map(len, self)) <= _SHORT
        return _identifier(self) if short else _identifier.__wrapped__(self)

    def __str__(self) -> str:
        """As messages have it."""
        said = json.dumps(self.name, ensure_ascii=False)
        if self.subresource:
            said = f'{said} with subresource "{self.subresource}"'
        return f"{said} using {self.api_version}" if self.operation == UPDATE else said


@lru_cache(1_000)
def _identifier(manager: Manager) -> str:
    parts = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": manager.api_version,
        "subresource": manager.subresource,
    }
    given = {name: text for name, text in parts.items() if text}
    return json.dumps(given, ensure_ascii=False, separators=(",", ":"))


class Owned(NamedTuple):
    """The fields that a manager owns, in the version that they are of."""

    fields: Fields
    api_version: str
    applied: bool


class Owners:
    """The managers of an object with what they own, and when each last changed it."""

    __slots__ = ("owned", "times")

    def __init__(
        self,
        owned: dict[Manager, Owned] | None = None,
        times: dict[Manager, str | None] | None = None,
    ) -> None:
        self.owned = {} if owned is None else owned
        self.times = {} if times is None else times

    def copy(self) -> Owners:
        """Owners that can be changed on their own."""
        return Owners(dict(self.owned), dict(self.times))

    @classmethod
    def decode(cls, entries: Sequence[Entry], *, stored: bool = False) -> Owners:
        """The owners in ``managedFields``. Raises ``ValueError`` for entries that are none.

        Sets of ``stored`` entries are in their order already, if they make sense.
        """
        found = cls()
        for index, entry in enumerate(entries):
            operation = entry.get("operation")
            if operation not in (APPLY, UPDATE):
                raise ValueError("operation must be `Apply` or `Update`")
            version = entry.get("apiVersion")
            if not version:
                raise ValueError("apiVersion must not be empty")
            fields_type = entry.get("fieldsType")
            if fields_type != FIELDS_TYPE:
                raise ValueError(
                    f'invalid fieldsType "{fields_type}" in managed fields entry {index}'
                    if fields_type
                    else f"missing fieldsType in managed fields entry {index}"
                )
            applied = operation == APPLY
            manager = Manager(
                entry.get("manager") or "",
                operation,
                "" if applied else version,
                entry.get("subresource") or "",
            )
            raw = entry.get("fieldsV1")
            fields = _known.read(raw) if stored else parse(raw)
            found.owned[manager] = Owned(fields, version, applied)
            found.times[manager] = entry.get("time")
        return found

    def encode(self) -> list[dict[str, Any]]:
        """The entries of ``managedFields``, sorted as Kubernetes sorts them."""
        found = []
        managers = sorted(self.owned, key=self._order) if len(self.owned) > 1 else self.owned
        for manager in managers:
            owned, time = self.owned[manager], self.times.get(manager)
            entry: dict[str, Any] = {
                "apiVersion": owned.api_version,
                "fieldsType": FIELDS_TYPE,
                "fieldsV1": _in_order(owned.fields),
            }
            if manager.name:
                entry["manager"] = manager.name
            entry["operation"] = APPLY if owned.applied else manager.operation
            if manager.subresource:
                entry["subresource"] = manager.subresource
            if time:
                entry["time"] = time
            found.append(entry)
        return found

    def _order(self, manager: Manager) -> tuple[str, ...]:
        operation = APPLY if self.owned[manager].applied else manager.operation
        when = self.times.get(manager) or ""
        version = self.owned[manager].api_version
        return (operation, when, manager.name, version, manager.subresource)


_known: Final = KnownSets()


def _in_order(fields: Fields) -> Fields:
    return fields.written if isinstance(fields, Known) else written(fields)
