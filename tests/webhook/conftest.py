"""A pipeline of gadgets, and reviews of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kconv import Pipeline, Scheme
from kconv._webhook import answer_review
from webhook.gadgets import GROUP, register

Value = dict[str, Any]
Ask = Callable[..., Value]


def gadget(version: str = "v1beta1", name: str = "one", **spec: Any) -> Value:
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "Gadget",
        "metadata": {"name": name, "namespace": "conv", "uid": f"uid-{name}"},
        "spec": spec,
    }


def review(to: str, objects: list[Any], version: str = "v1") -> bytes:
    """A review as the API server sends it, with an empty response in it."""
    return json.dumps(
        {
            "kind": "ConversionReview",
            "apiVersion": f"apiextensions.k8s.io/{version}",
            "request": {"uid": "u-1", "desiredAPIVersion": f"{GROUP}/{to}", "objects": objects},
            "response": {"uid": "", "convertedObjects": None, "result": {"metadata": {}}},
        }
    ).encode()


@pytest.fixture(scope="session")
def gadgets() -> Scheme:
    scheme = Scheme()
    register(scheme)
    return scheme.freeze()


@pytest.fixture(scope="session")
def pipeline(gadgets: Scheme) -> Pipeline:
    return Pipeline(gadgets)


@pytest.fixture
def ask(pipeline: Pipeline) -> Ask:
    """Asks for objects in a version; the review that comes back."""

    def asked(to: str, *objects: Any, version: str = "v1") -> Value:
        answer: Value = json.loads(answer_review(pipeline, review(to, [*objects], version)).answer)
        assert answer["kind"] == "ConversionReview"
        assert answer["apiVersion"] == f"apiextensions.k8s.io/{version}"
        assert answer["response"]["uid"] == "u-1"
        response: Value = answer["response"]
        return response

    return asked
