"""The plan of a migration; which versions may go and what holds them; who calls them."""

from __future__ import annotations

from typing import Any

from kconv._errors import KconvError
from kconv._ui.state import Ask, Page, State
from kconv_migrations import _migration as storage

_DEFAULT_DAYS = storage.DAYS


def plan_page(state: State, ask: Ask) -> Page:
    """What a migration would meet; read-only."""
    groups = _groups(state)
    to = [
        f"{group}={version}"
        for group in groups
        if (version := ask.query.get(group, "")) in groups[group]
    ]
    asked = bool(ask.query)
    values: dict[str, Any] = {
        "groups": groups,
        "chosen": {each.partition("=")[0]: each.partition("=")[2] for each in to},
        "asked": asked,
        "references": ask.query.get("references") == "yes",
        "found": None,
        "problem": "",
        "command": " ".join(["kconv migrate", *(f"--to {each}" for each in to)]),
    }
    if asked:
        try:
            targets = storage.plan(state.place, (), to)
            standing = () if to else tuple(storage.preferred_targets(state.place))
            values["found"] = storage.survey(
                state.place,
                state.pipeline,
                targets,
                references=values["references"],
                standing=standing,
            )
        except KconvError as error:
            values["problem"] = error.message
    return Page("plan.html", "Plan", values)


def _groups(state: State) -> dict[str, list[str]]:
    """The groups that may be migrated, with their versions: of kinds that have several."""
    found: dict[str, dict[str, None]] = {}
    for collection in state.place.collections():
        kind = collection.kind
        if kind is not None and len(kind.spokes) > 1:
            versions = found.setdefault(kind.options.group or "core", {})
            versions.update(dict.fromkeys(spoke.gvk.version for spoke in kind.spokes))
    return {name: list(versions) for name, versions in sorted(found.items()) if len(versions) > 1}


def removal_page(state: State, ask: Ask) -> Page:
    """Which versions may be deleted from the code, what holds the others, and their clients."""
    status = state.history.look().status
    few = storage.are_few(status)
    days = _days(ask.query.get("days", ""))
    references = few or ask.query.get("references") == "yes"
    verdicts = [
        storage.may_drop(state.place, state.pipeline, version, days=days, references=references)
        for version in storage.removable(state.place, status)
    ]
    clients = sorted(
        (client for verdict in verdicts for client in verdict.clients),
        key=lambda each: -each.requests,
    )
    values = {
        "verdicts": verdicts,
        "clients": clients,
        "days": days,
        "references": references,
        "servers": state.place.servers(storage.LIVE),
    }
    return Page("removal.html", "Removal", values)


def _days(text: str) -> int:
    return min(max(int(text), 1), 90) if text.isdecimal() and len(text) < 5 else _DEFAULT_DAYS
