"""A CRD of a thousand objects within each other: what is done for it, how often, and by whom."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from crds.conftest import CRDS, Running, Start, definition
from kconv._crds import catalog
from kconv._serve import dispatch
from kconv._structural import fields
from kconv._verbs import create
from kconv_schemas.apiextensions import definitions

WIDE, DEEP = 10, 3


def large(depth: int = DEEP) -> dict[str, Any]:
    """The fields of an object with ten objects, which have ten each, and so on."""
    if not depth:
        return {"text": {"type": "string", "default": "x"}}
    return {f"field{at}": {"type": "object", "properties": large(depth - 1)} for at in range(WIDE)}


class Calls:
    """How often functions were called, and those that the event loop called."""

    def __init__(self, patched: pytest.MonkeyPatch, server: Running) -> None:
        self.count: Counter[str] = Counter()
        self.by_loop: set[str] = set()
        self._patched, self._loop = patched, server.thread.ident

    def of(self, module: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(module, name)

        def called(*arguments: Any, **options: Any) -> Any:
            self.count[name] += 1
            if threading.get_ident() == self._loop:
                self.by_loop.add(name)
            return real(*arguments, **options)

        self._patched.setattr(module, name, called)


def test_others_are_answered_while_a_large_one_is_taken(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    calls = Calls(monkeypatch, server)
    for module, name in (
        (catalog, "kind_of"),
        (catalog, "_said"),
        (create, "prepared"),
        (definitions, "structural_problems"),
        (dispatch, "with_unjudged"),
    ):
        calls.of(module, name)
    crd = definition("larges", {"v1": large(), "v2": {"other": {"type": "string"}}})
    server.made("POST", CRDS, crd)
    assert calls.by_loop == set()
    assert {name for name, count in calls.count.items() if count} == {
        "kind_of", "_said", "prepared", "structural_problems", "with_unjudged",
    }  # fmt: skip
    assert calls.count["structural_problems"] == 2, "once for each schema"
    assert calls.count["prepared"] == 1


def test_a_crd_is_looked_at_when_it_changes_and_not_when_others_do(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    for at in range(5):
        server.made("POST", CRDS, definition(f"one{at}s", {"v1": {"a": {"type": "string"}}}))
    calls = Calls(monkeypatch, server)
    calls.of(catalog, "_said")
    calls.of(catalog, "kind_of")
    server.made("POST", CRDS, definition("others", {"v1": {"a": {"type": "string"}}}))
    assert calls.count["kind_of"] == 1
    assert calls.count["_said"] <= 3, "its own, as it gets its status"


def test_types_within_are_made_when_they_are_asked_for_and_once(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    calls = Calls(monkeypatch, server)
    calls.of(fields, "fields_of")
    server.made("POST", CRDS, definition("lazies", {"v1": large()}))
    at = "/apis/example.com/v1/namespaces/default/lazies"
    assert server.made("GET", at)["items"] == []
    assert calls.count["fields_of"] == 0, "there are 1,111 types within it"
    body = {"apiVersion": "example.com/v1", "kind": "Lazie"}
    spec: dict[str, Any] = {"field1": {"field2": {"field3": {}}}}
    for name in ("a", "b"):
        made = server.made("POST", at, {**body, "metadata": {"name": name}, "spec": spec})
        assert made["spec"]["field1"]["field2"]["field3"] == {"text": "x"}
        server.made(
            "PATCH", f"{at}/{name}?fieldManager=m", {**body, "spec": spec},
            content_type="application/apply-patch+yaml",
        )  # fmt: skip
    assert 0 < calls.count["fields_of"] <= 1_111
