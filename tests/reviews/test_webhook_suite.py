"""The suite for webhooks: kconv's passes it, and each way to go wrong is found by some test."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kconv import Pipeline, Scheme
from kconv._codec import yaml
from kconv._errors import DecodeError
from kconv._exporter import crd_of
from kconv._reviews import review_of
from kconv._webhook import answer_review
from kconv.testing import Webhook, WebhookTests
from webhook.gadgets import register

Value = dict[str, Any]
Spoil = Callable[[Value, Value], None]


@cache
def pipeline() -> Pipeline:
    scheme = Scheme()
    register(scheme)
    return Pipeline(scheme.freeze())


def post(data: bytes) -> tuple[int, bytes]:
    try:
        return 200, answer_review(pipeline(), data).answer
    except DecodeError as error:
        return 400, error.message.encode()


def crd() -> bytes:
    (kind,) = pipeline().scheme.kinds
    return yaml.encode(crd_of(kind)[0])


LOSES = [
    "spec.mode", "spec.colors", "spec.dimensions", "spec.color", "spec.width", "spec.height",
    "spec.size",
]  # fmt: skip
"""v1 alone has a mode and several colours, and v1alpha1 no width without a height."""

SHORT = settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[*HealthCheck],
)


class TestOurs(WebhookTests):
    @pytest.fixture
    def webhook(self) -> Webhook:
        return Webhook(crd(), post=post, loses=LOSES)


def reversed_(request: Value, response: Value) -> None:
    response["convertedObjects"].reverse()


def forgetful(request: Value, response: Value) -> None:
    for each in response["convertedObjects"]:
        (each.get("spec") or {}).pop("note", None)


def in_need_of_a_spec(request: Value, response: Value) -> None:
    if any("spec" not in each for each in request["objects"]):
        response["result"] = {"status": "Failure", "message": "KeyError: spec"}
        response["convertedObjects"] = []


def stale(request: Value, response: Value) -> None:
    """Keeps the replicas of an object in an annotation, and brings them back from there."""
    for each in response["convertedObjects"]:
        metadata = each.get("metadata")
        if not metadata or not each.get("spec", {}).get("replicas"):
            continue
        annotations = metadata.setdefault("annotations", {})
        if "kept" in annotations:
            each["spec"]["replicas"] = int(annotations["kept"])
        annotations.setdefault("kept", str(each["spec"]["replicas"]))


def counting(request: Value, response: Value) -> None:
    for each in response["convertedObjects"]:
        if each.get("metadata"):
            each["metadata"]["generation"] = 77


def careless(request: Value, response: Value) -> None:
    """What cannot be converted comes back as it is."""
    if response["result"]["status"] == "Failure":
        response["result"] = {"status": "Success"}
        to = request["desiredAPIVersion"]
        response["convertedObjects"] = [
            {**each, "apiVersion": to} if isinstance(each, dict) else each
            for each in request["objects"]
        ]


def slow_to_end(request: Value, response: Value) -> None:
    response["convertedObjects"] = response["convertedObjects"][:500]


WRONG: list[tuple[Spoil, str]] = [
    (reversed_, "test_objects_of_several_versions_in_one_review"),
    (forgetful, "test_what_goes_there_and_back_is_what_it_was"),
    (in_need_of_a_spec, "test_parts_of_objects_are_converted"),
    (stale, "test_what_is_changed_in_between_stays_changed"),
    (counting, "test_lists_come_back_whole_and_in_order"),
    (careless, "test_what_cannot_be_converted_is_refused_with_a_message"),
    (slow_to_end, "test_many_objects_at_once"),
]


@pytest.mark.parametrize(("spoil", "test"), WRONG)
def test_what_is_wrong_is_found(spoil: Spoil, test: str) -> None:
    def spoilt(data: bytes) -> tuple[int, bytes]:
        status, answer = post(data)
        if status != 200:
            return status, answer
        review, given = json.loads(answer), json.loads(data)
        spoil(given["request"], review["response"])
        return 200, json.dumps(review).encode()

    webhook = Webhook(crd(), post=spoilt, loses=LOSES)
    with pytest.raises((pytest.fail.Exception, AssertionError)):
        tried(test, webhook)


def tried(test: str, webhook: Webhook) -> None:
    """A test of the suite, without the search for the smallest objects that fail it."""
    found = getattr(WebhookTests, test)
    if hasattr(found, "hypothesis"):
        SHORT(given(data=st.data())(found.hypothesis.inner_test))(WebhookTests(), webhook=webhook)
    else:
        found(WebhookTests(), webhook)


def test_one_that_takes_anything_is_found() -> None:
    webhook = Webhook(crd(), post=lambda data: post(data) if data else (200, b"{}"), loses=LOSES)
    WebhookTests().test_bodies_that_are_no_reviews_do_not_bring_it_down(webhook)

    def falls(data: bytes) -> tuple[int, bytes]:
        whole = Webhook(crd(), post=post)
        return 200, post(json.dumps(review_of([whole.head(whole.versions[0])], "x/v1")).encode())[1]

    with pytest.raises((pytest.fail.Exception, AssertionError)):
        WebhookTests().test_bodies_that_are_no_reviews_do_not_bring_it_down(
            Webhook(crd(), post=falls)
        )


def test_losses_have_to_be_said() -> None:
    webhook = Webhook(crd(), post=post)
    with pytest.raises(pytest.fail.Exception, match=r"spec\.[a-z]+"):
        tried("test_what_goes_there_and_back_is_what_it_was", webhook)
