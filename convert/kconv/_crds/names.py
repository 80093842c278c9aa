"""Which names a CRD gets, whether it is established, and what its status says of both.

As the naming and establishing controllers of kube-apiserver have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kconv._crds.definition import Definition
from kconv._scheme import HubKind

Document = dict[str, Any]


@dataclass(slots=True)
class Taken:
    """The names of a group that others have: of resources, and of kinds."""

    resources: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)

    @classmethod
    def by(cls, others: Iterable[Definition], kinds: Iterable[HubKind], group: str) -> Taken:
        """Those that other CRDs of a group have been given, and the kinds that are built in."""
        found = cls()
        for each in others:
            if each.group == group:
                found._add(each.accepted)
        for kind in kinds:
            for spoke in kind.spokes:
                options = spoke.options
                if options.group == group:
                    said = {
                        "plural": options.plural,
                        "singular": options.singular,
                        "shortNames": options.short_names,
                        "kind": options.kind,
                        "listKind": options.list_kind,
                    }
                    found._add(said)
        return found

    def _add(self, names: Mapping[str, Any]) -> None:
        resources = (names.get("plural"), names.get("singular"), *(names.get("shortNames") or ()))
        self.resources.update(each for each in resources if each)
        self.kinds.update(each for each in (names.get("kind"), names.get("listKind")) if each)


def status_of(definition: Definition, taken: Taken, now: str, *, flips: bool) -> Document:
    """The status that a CRD is to have.

    ``taken`` are the names that others have, ``flips`` says that its storage version is another
    one than before.
    """
    accepted, reason, message = _accepted(definition, taken)
    conditions = [dict(each) for each in definition.status.get("conditions") or ()]
    agreed = not reason
    if agreed:
        _set(conditions, now, "NamesAccepted", True, "NoConflicts", "no conflicts found")
    else:
        _set(conditions, now, "NamesAccepted", False, reason, message)
    if agreed and not definition.established:
        why = "the initial names have been accepted"
        _set(conditions, now, "Established", True, "InitialNamesAccepted", why)
    elif not definition.established:
        _set(conditions, now, "Established", False, "NotAccepted", "not all names are accepted")
    stored = list(definition.stored)
    if definition.storage not in stored and (flips or not stored):
        stored.append(definition.storage)
    return {
        **definition.status,
        "acceptedNames": accepted,
        "conditions": conditions,
        "storedVersions": stored,
    }


def _accepted(definition: Definition, taken: Taken) -> tuple[Document, str, str]:
    """The names that it gets, and why it does not get all, which the last conflict says."""
    wanted, had = definition.names, definition.accepted
    accepted: Document = {name: had[name] for name in had}
    reason = message = ""
    for name, others, why in (
        ("plural", taken.resources, "PluralConflict"),
        ("singular", taken.resources, "SingularConflict"),
        ("shortNames", taken.resources, "ShortNamesConflict"),
        ("kind", taken.kinds, "KindConflict"),
        ("listKind", taken.kinds, "ListKindConflict"),
    ):
        value = wanted.get(name)
        texts = value if isinstance(value, list) else [value] if value else []
        clash = [each for each in texts if each in others]
        if clash:
            reason = why
            message = ", ".join(f'"{each}" is already in use' for each in clash)
        elif texts:
            accepted[name] = value
        else:
            accepted.pop(name, None)
    if wanted.get("categories"):
        accepted["categories"] = wanted["categories"]
    else:
        accepted.pop("categories", None)
    accepted.setdefault("plural", "")
    accepted.setdefault("kind", "")
    return accepted, reason, message


def _set(
    conditions: list[Document], now: str, name: str, holds: bool, reason: str, message: str
) -> None:
    made = {
        "type": name,
        "status": "True" if holds else "False",
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }
    for at, each in enumerate(conditions):
        if each["type"] == name:
            if each.get("status") == made["status"] and each.get("lastTransitionTime"):
                made["lastTransitionTime"] = each["lastTransitionTime"]
            conditions[at] = {**each, **made}
            return
    conditions.append(made)


def with_condition(
    status: Mapping[str, Any], now: str, name: str, reason: str, message: str
) -> Document:
    """A status with a condition that holds."""
    conditions = [dict(each) for each in status.get("conditions") or ()]
    _set(conditions, now, name, True, reason, message)
    return {**status, "conditions": conditions}
