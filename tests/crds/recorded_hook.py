"""The webhook that the recorded server had, which converts rightly, and wrongly as it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from crds.hook import Hook, Review

Object = dict[str, Any]


class RecordedHook(Hook):
    """It loses what its version does not have."""

    def _answer(self, data: bytes) -> tuple[int, bytes]:
        review = json.loads(data)
        self.reviews.append(review)
        request = review["request"]
        made = [converted(each, request["desiredAPIVersion"]) for each in request["objects"]]
        answer: Review = {
            **{name: review[name] for name in ("apiVersion", "kind")},
            "response": {
                "uid": request["uid"],
                "convertedObjects": made,
                "result": {"status": "Success"},
            },
        }
        spoiled = self.spoil(answer) if self.spoil else answer
        if isinstance(spoiled, tuple):
            status, body = spoiled
            return status, body
        return 200, json.dumps(spoiled).encode()


def converted(given: Object, version: str) -> Object:
    made = {**given, "apiVersion": version}
    if "spec" in given:
        made["spec"] = _from_hub(_to_hub(given["spec"], given["apiVersion"]), version)
    return made


def _to_hub(given: Object, version: str) -> Object:
    spec = {**given}
    if version.endswith("/v1"):
        spec.pop("mode", None)
        spec |= spec.pop("dimensions", None) or {}
        colors = spec.pop("colors", None)
        if colors:
            spec["color"] = colors[0]
    elif version.endswith("/v1alpha1") and "size" in spec:
        width, _, height = spec.pop("size").partition("x")
        spec |= {"width": int(width), "height": int(height)}
    return spec


def _from_hub(spec: Object, version: str) -> Object:
    if version.endswith("/v1beta1"):
        return spec
    sides = {name: spec.pop(name) for name in ("width", "height") if name in spec}
    if version.endswith("/v1alpha1"):
        if sides:
            spec["size"] = f"{sides.get('width', 0)}x{sides.get('height', 0)}"
        return spec
    if sides:
        spec["dimensions"] = sides
    if "color" in spec:
        spec["colors"] = [spec.pop("color")]
    return spec


def _each(work: Callable[[Object], Any]) -> Callable[[Review], Review]:
    def spoil(answer: Review) -> Review:
        for made in answer["response"]["convertedObjects"]:
            work(made)
        return answer

    return spoil


def _metadata(**said: Any) -> Callable[[Review], Review]:
    return _each(lambda made: made["metadata"].update(said))


def _spec(**said: Any) -> Callable[[Review], Review]:
    return _each(lambda made: made.setdefault("spec", {}).update(said))


def _dropped(name: str) -> Callable[[Review], Review]:
    return _each(lambda made: made["metadata"].pop(name, None))


def _failing(message: str) -> Callable[[Review], Review]:
    def spoil(answer: Review) -> Review:
        answer["response"]["result"] = {"status": "Failure", "message": message}
        answer["response"]["convertedObjects"] = []
        return answer

    return spoil


def _objects(work: Callable[[list[Object]], list[Object] | None]) -> Callable[[Review], Review]:
    def spoil(answer: Review) -> Review:
        answer["response"]["convertedObjects"] = work(answer["response"]["convertedObjects"])
        return answer

    return spoil


def refusing(name: str, message: str) -> Callable[[Review], Review]:
    """Refuses the object of a name, and whatever is converted with it."""

    def spoil(answer: Review) -> Review:
        names = [each["metadata"]["name"] for each in answer["response"]["convertedObjects"]]
        return _failing(message)(answer) if name in names else answer

    return spoil


SPOILED: dict[str, Callable[[Review], Any]] = {
    "failure-message": _failing("cannot convert gadget: no such size"),
    "converted-null": _objects(lambda _: None),
    "converted-empty": _objects(lambda _: []),
    "missing-one-object": _objects(lambda made: made[:-1]),
    "extra-object": _objects(lambda made: [*made, made[0]]),
    "one-object": refusing("m2", "m2 cannot be converted"),
    "changed-name": _each(
        lambda made: made["metadata"].update(name=made["metadata"]["name"] + "-x")
    ),
    "changed-uid": _metadata(uid="another"),
    "missing-uid-in-metadata": _dropped("uid"),
    "changed-labels-annotations": _metadata(labels={"hook": "1"}, annotations={"hook": "1"}),
    "changed-finalizers": _metadata(finalizers=["hook.dev/f"]),
    "changed-generation": _metadata(generation=999),
    "missing-creation-timestamp": _dropped("creationTimestamp"),
    "dropped-managed-fields": _dropped("managedFields"),
    "metadata-absent": _each(lambda made: made.pop("metadata", None)),
    "api-version-unconverted": _each(lambda made: made.update(apiVersion="conv.kconv.dev/v2")),
    "kind-changed": _each(lambda made: made.update(kind="Other")),
    "schema-invalid-output": _spec(replicas=100000, dimensions={"width": -5}),
    "schema-wrong-type-output": _spec(replicas="many"),
    "unknown-field-output": _spec(bogus=1),
    "spec-lost": _each(lambda made: made.pop("spec", None)),
    "http-500": lambda _: (500, b"internal hook error"),
    "review-v1beta1-answer": lambda answer: {
        **answer,
        "apiVersion": "apiextensions.k8s.io/v1beta1",
    },
}
"""What it does to its answer, by the name that the recording has for it."""
