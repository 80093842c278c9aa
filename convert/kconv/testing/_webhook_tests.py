"""`WebhookTests`: what the API server relies on, held against a conversion webhook."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from itertools import permutations
from typing import Any, Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kconv._differences import differences
from kconv._paths import format_path
from kconv._reviews import judge, review_of
from kconv.testing._webhook import Webhook

Value = dict[str, Any]

EXAMPLES: Final = 50
"""Ways from one version to another that a test tries."""

_quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class WebhookTests:
    """Tests of a conversion webhook: subclass it in a test module, and give a fixture ``webhook``.

    ::

        class TestGadgets(WebhookTests):
            @pytest.fixture
            def webhook(self):
                return Webhook(Path("crd.yaml"), url="https://localhost:9443/convert", ca=...)

    They hold it to the protocol, with objects that are made from the schemas of the CRD: every
    ordered pair of versions, whole lists, parts of objects, what is changed in between, and bodies
    that no API server sends. kconv need not have anything to do with it.
    """

    @_quick
    @given(data=st.data())
    def test_lists_come_back_whole_and_in_order(
        self, webhook: Webhook, data: st.DataObject
    ) -> None:
        """In the wanted version, under the same names, with nothing of the metadata changed."""
        source, target = data.draw(st.sampled_from(_pairs(webhook)), label="from, to")
        contents = data.draw(st.lists(webhook.objects(source), max_size=4), label=source)
        objects = [
            {**each, "metadata": webhook.head(source, f"o-{at}")["metadata"]}
            for at, each in enumerate(contents)
        ]
        _ask(webhook, objects, target)

    @_quick
    @given(data=st.data())
    def test_what_goes_there_and_back_is_what_it_was(
        self, webhook: Webhook, data: st.DataObject
    ) -> None:
        """But for what it is said to lose (`Webhook.loses`)."""
        source, target = data.draw(st.sampled_from(_pairs(webhook)), label="from, to")
        before = data.draw(webhook.objects(source), label=source)
        (there,) = _ask(webhook, [before], target)
        (back,) = _ask(webhook, [there], source)
        _same(webhook, before, back, f"{source} to {target} and back")

    @_quick
    @given(data=st.data())
    def test_what_is_changed_in_between_stays_changed(
        self, webhook: Webhook, data: st.DataObject
    ) -> None:
        """What a webhook keeps in annotations for the way back must not undo what clients write."""
        source, target = data.draw(st.sampled_from(_pairs(webhook)), label="from, to")
        before = data.draw(webhook.objects(source), label=source)
        (there,) = _ask(webhook, [before], target)
        changes = data.draw(webhook.objects(target), label=f"changed as {target}")
        changed = _changed(there, changes)
        (back,) = _ask(webhook, [changed], source)
        (again,) = _ask(webhook, [back], target)
        _same(webhook, changed, again, f"changed as {target}, to {source} and back")

    @_quick
    @given(data=st.data())
    def test_parts_of_objects_are_converted(self, webhook: Webhook, data: st.DataObject) -> None:
        """For server-side apply, the API server has the fields of each manager converted alone."""
        source, target = data.draw(st.sampled_from(_pairs(webhook)), label="from, to")
        whole = data.draw(webhook.objects(source), label=source)
        bare = {"apiVersion": source, "kind": whole["kind"]}
        parts = [bare, {**bare, "metadata": {}}]
        for name, value in whole.items():
            if name in ("apiVersion", "kind", "metadata"):
                continue
            parts.append({**bare, name: value})
            if isinstance(value, dict):
                parts += [{**bare, name: {inner: each}} for inner, each in value.items()]
        _ask(webhook, parts, target)

    def test_nothing_is_asked_for(self, webhook: Webhook) -> None:
        """An empty list comes back empty; an object in the wanted version as it is."""
        for version in webhook.versions:
            assert _ask(webhook, [], version) == []
            head = webhook.head(version)
            (found,) = _ask(webhook, [head], version)
            _same(webhook, head, found, f"{version} as {version}")

    def test_objects_of_several_versions_in_one_review(self, webhook: Webhook) -> None:
        """A list has whatever is stored."""
        for target in webhook.versions:
            objects = [webhook.head(each, f"o-{at}") for at, each in enumerate(webhook.versions)]
            _ask(webhook, objects, target)

    def test_what_cannot_be_converted_is_refused_with_a_message(self, webhook: Webhook) -> None:
        """And no object comes back as if it had been."""
        version = webhook.versions[0]
        head = webhook.head(version)
        group = webhook.definition.group
        cases: dict[str, tuple[list[Any], str]] = {
            "a version that is none": ([head], f"{group}/v999"),
            "another group": ([head], "other.example.com/v1"),
            "an object of another group": ([{**head, "apiVersion": "other.dev/v1"}], version),
            "an object of another version": ([{**head, "apiVersion": f"{group}/v999"}], version),
            "another kind": ([{**head, "kind": "Other"}], version),
            "a number": ([7], version),
            "null": ([None], version),
            "a list": ([[]], version),
            "an object of nothing": ([{}], version),
            "one of several": ([head, "text", head], version),
        }
        taken = []
        for name, (objects, to) in cases.items():
            found = webhook.ask(objects, to)
            if not found.refused:
                taken.append(name)
        assert not taken, f"taken for converted: {', '.join(taken)}"

    def test_bodies_that_are_no_reviews_do_not_bring_it_down(self, webhook: Webhook) -> None:
        """It says no, and answers the next review."""
        version = webhook.versions[0]
        whole = review_of([webhook.head(version)], webhook.versions[-1])
        deep: Any = "x"
        for _ in range(500):
            deep = {"spec": deep}
        bodies: list[bytes] = [
            b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"a":' * 20_000,
            *(
                msgspec.json.encode(each)
                for each in (
                    {**whole, "kind": "AdmissionReview"},
                    {**whole, "apiVersion": "apiextensions.k8s.io/v9"},
                    {**whole, "request": None},
                    {**whole, "request": {**whole["request"], "uid": ""}},
                    {**whole, "request": {**whole["request"], "objects": {}}},
                    {**whole, "request": {**whole["request"], "objects": [deep]}},
                )
            ),
        ]  # fmt: skip
        for body in bodies:
            status, answer = webhook.send(body)
            assert judge(whole, status, answer).refused, f"taken: {body[:80]!r}"
            _ask(webhook, [webhook.head(version)], webhook.versions[-1])

    def test_many_objects_at_once(self, webhook: Webhook) -> None:
        """As a list of a resource has them, when nobody has cached anything."""
        source, target = webhook.versions[0], webhook.versions[-1]
        objects = [webhook.head(source, f"o-{at}") for at in range(1_000)]
        assert len(_ask(webhook, objects, target)) == len(objects)


def _pairs(webhook: Webhook) -> list[tuple[str, str]]:
    return list(permutations(webhook.versions, 2))


def _ask(webhook: Webhook, objects: list[Any], to: str) -> list[Value]:
    """What comes back of a review that has to succeed."""
    found = webhook.ask(deepcopy(objects), to)
    if found.refused:
        pytest.fail(f"the API server refuses it as {to}: {'; '.join(found.refused)}")
    if found.ignored:
        pytest.fail(f"as {to}: {'; '.join(found.ignored)}")
    for before, after in zip(objects, found.objects, strict=True):
        assert after.get("apiVersion") == to
        assert before.get("kind") == after.get("kind")
    return list(found.objects)


def _same(webhook: Webhook, before: Value, after: Value, way: str) -> None:
    lost = [
        str(each)
        for each in differences(_content(before), _content(after))
        if not webhook.may_lose(format_path(each.field))
    ]
    if lost:
        pytest.fail(f"{way}: {'; '.join(lost)}")


def _content(value: Any) -> Any:
    """What is to stay: fields that are empty are as good as none."""
    if isinstance(value, Mapping):
        made = {name: _content(each) for name, each in value.items() if name != "metadata"}
        return {name: each for name, each in made.items() if each not in ({}, [], None)}
    return [_content(each) for each in value] if isinstance(value, list) else value


def _changed(value: Value, changes: Value) -> Value:
    """An object with what another one has, as a client writes it: annotations stay."""
    made = deepcopy(value)
    for name, each in changes.items():
        if name not in ("apiVersion", "kind", "metadata"):
            made[name] = each
    return made
