"""Answering a ConversionReview: objects of a custom resource, wanted in another version.

The protocol is that of ``apiextensions.k8s.io`` ("Versions in CustomResourceDefinitions" in the
Kubernetes documentation): all objects come back in their order, under the uid of the request, or
the review fails as a whole with a message. Of their metadata only labels and annotations may
change. Objects may be parts: the API server also asks for what a field manager owns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from kconv._codec.limits import LIMIT
from kconv._errors import DecodeError, KconvError, NotRegistered, ObjectRef, UsageError
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline, WrittenStep
from kconv._scheme import Spoke
from kconv._webhook.nulls import NULL, with_nulls

GROUP: Final = "apiextensions.k8s.io"
VERSIONS: Final = ("v1", "v1beta1")
"""The versions of ConversionReview that are answered, each in itself."""

_MOST_NAMED = 10
"""How many failures a message names; a whole list may fail for one reason."""

_CHANGEABLE = ("labels", "annotations")

_Fields = dict[str, msgspec.Raw]
_NULL = msgspec.Raw(b"null")
_encode = msgspec.json.Encoder().encode


class _Request(msgspec.Struct):
    uid: str
    desiredAPIVersion: str  # noqa: N815 - as it is called on the wire
    objects: list[msgspec.Raw]


class _Review(msgspec.Struct):
    apiVersion: str = ""  # noqa: N815 - as it is called on the wire
    kind: str = ""
    request: _Request | None = None


class _Head(msgspec.Struct):
    apiVersion: str = ""  # noqa: N815 - as it is called on the wire
    kind: str = ""
    metadata: msgspec.Raw = _NULL


class _Name(msgspec.Struct):
    namespace: str = ""
    name: str = ""


_review = msgspec.json.Decoder(_Review).decode
_head = msgspec.json.Decoder(_Head).decode
_name = msgspec.json.Decoder(_Name).decode
_fields = msgspec.json.Decoder(_Fields).decode
_metadata = msgspec.json.Decoder(_Fields | None).decode


class _Way(NamedTuple):
    """From a version to another one; ``step`` does it at once, where there is such."""

    source: Spoke
    target: Spoke
    step: WrittenStep | None


class Outcome(msgspec.Struct, frozen=True):
    """The answer to a review, and what is counted of it."""

    answer: bytes
    objects: int
    failures: Sequence[str]
    """What went wrong with which objects; empty where all were converted."""


def answer_review(pipeline: Pipeline, data: bytes) -> Outcome:
    """Answer a ConversionReview, given as JSON.

    Raises `DecodeError` for what is none: there is no uid then to answer to.
    """
    try:
        review = _review(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"the body is no ConversionReview: {error}") from None
    version = review.apiVersion.removeprefix(f"{GROUP}/")
    if review.kind != "ConversionReview" or version not in VERSIONS:
        have = " or ".join(f"{GROUP}/{each}" for each in VERSIONS)
        raise DecodeError(
            f'the body is {review.kind or "something"} of version "{review.apiVersion}", '
            f"not ConversionReview of {have}"
        )
    request = review.request
    if request is None or not request.uid:
        raise DecodeError("the ConversionReview has no request with a uid")
    converted, failures = _converted(pipeline, request, nulls=_may_have_nulls(data, request))
    response: dict[str, Any] = {"uid": request.uid}
    if failures:
        response["convertedObjects"] = []
        response["result"] = {"status": "Failure", "message": _message(failures)}
    else:
        response["convertedObjects"] = converted
        response["result"] = {"status": "Success"}
    answer = {"apiVersion": review.apiVersion, "kind": review.kind, "response": response}
    return Outcome(_encode(answer), len(request.objects), failures)


def _may_have_nulls(data: bytes, request: _Request) -> bool:
    """Whether there is a null from the first object to the last: one look for all of them.

    The API server sends a null in the response that is to be filled in.
    """
    objects = request.objects
    if not objects:
        return False
    end = data.rfind(objects[-1]) + len(objects[-1])
    return data.find(NULL, data.find(objects[0]), end) >= 0


def _converted(
    pipeline: Pipeline, request: _Request, *, nulls: bool
) -> tuple[list[msgspec.Raw], list[str]]:
    converted: list[msgspec.Raw] = []
    failures: list[str] = []
    try:
        to = GroupVersion.parse(request.desiredAPIVersion)
        convert = Conversion(pipeline, to, nulls=nulls).converted
    except UsageError as error:
        return [], [f"desiredAPIVersion: {error.message}"]
    add = converted.append
    for index, raw in enumerate(request.objects):
        try:
            add(convert(raw))
        except KconvError as error:
            failures.append(_failure(index, error))
    return converted, failures


class Conversion:
    """Converts objects, or parts of them, to one version; metadata as the protocol allows.

    Nothing is filled in, and fields that the target version does not have go. ``nulls`` says
    whether there may be any in the objects.
    """

    def __init__(self, pipeline: Pipeline, to: GroupVersion, *, nulls: bool = True) -> None:
        self._pipeline = pipeline
        self._to = to
        self._nulls = nulls
        # A list is of one kind and version, nearly always.
        self._api_version, self._kind = "", ""
        self._last: _Way | None = None
        self._ways: dict[tuple[str, str], _Way] = {}

    def converted(self, raw: msgspec.Raw) -> msgspec.Raw:
        """An object in the version.

        Raises `DecodeError`, `NotRegistered` and `ConversionError`.
        """
        try:
            head = _head(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DecodeError(f"it is no object of Kubernetes: {error}") from None
        way = self._last
        if way is None or head.kind != self._kind or head.apiVersion != self._api_version:
            way = self._last = self._ways.get((head.apiVersion, head.kind)) or self._way(head)
            self._api_version, self._kind = head.apiVersion, head.kind
        source, target, step = way
        if source is target:
            return raw
        made = step(raw, head.metadata) if step is not None and len(raw) <= LIMIT else None
        if made is None:
            made = self._by_single_steps(raw, head, source, target)
        if self._nulls and NULL in bytes(raw):
            made = with_nulls(source, target, raw, made)
        return msgspec.Raw(made)

    def _way(self, head: _Head) -> _Way:
        """How objects of an apiVersion and kind become those of the wanted version."""
        for name, value in (("apiVersion", head.apiVersion), ("kind", head.kind)):
            if not value:
                raise DecodeError(f'it has no "{name}"')
        gvk = GroupVersion.parse(head.apiVersion).kind(head.kind)
        source = self._pipeline.scheme.spoke(gvk)
        if source.group_version == self._to:
            way = _Way(source, source, None)
        else:
            target = source.kind.spoke_for(self._to, source.options.kind)
            if target is None:
                have = ", ".join(dict.fromkeys(each.api_version for each in source.kind.spokes))
                about = _ref(source, head)
                raise NotRegistered(
                    f"{about}: has no version {self._to}; it has {have}", about=about
                )
            way = _Way(source, target, self._pipeline.written_step(source, target))
        self._ways[head.apiVersion, head.kind] = way
        return way

    def _by_single_steps(
        self, raw: msgspec.Raw, head: _Head, source: Spoke, target: Spoke
    ) -> bytes:
        pipeline = self._pipeline
        try:
            metadata = _metadata(head.metadata) or {}
        except msgspec.DecodeError as error:
            raise DecodeError(f"its metadata is no object: {error}") from None
        hub = pipeline.to_hub(pipeline.decode_written(bytes(raw), spoke=source))
        made = _fields(pipeline.encode(pipeline.from_hub(hub, target)))
        if "metadata" in made:
            made["metadata"] = _kept(head.metadata, metadata, made["metadata"])
        return _encode(made)


def _ref(source: Spoke, head: _Head) -> ObjectRef:
    gvk = source.gvk
    try:
        said = _name(head.metadata)
    except msgspec.DecodeError:
        said = _Name()
    return ObjectRef(gvk.group, gvk.version, gvk.kind, said.namespace, said.name)


def _kept(raw: msgspec.Raw, before: _Fields, made: msgspec.Raw) -> msgspec.Raw:
    """The metadata as it was, but for labels and annotations that the conversion has changed."""
    after = _fields(made)
    changed = {
        name: after.get(name)
        for name in _CHANGEABLE
        if _value(before.get(name)) != _value(after.get(name))
    }
    if not changed:
        return raw
    kept = {name: value for name, value in before.items() if name not in changed}
    kept.update((name, value) for name, value in changed.items() if value is not None)
    return msgspec.Raw(_encode(kept))


def _value(raw: msgspec.Raw | None) -> Any:
    # Null and an empty map are as good as none.
    return msgspec.json.decode(raw) or None if raw is not None else None


def _failure(index: int, error: KconvError) -> str:
    about = str(error.about) if error.about is not None else ""
    message = error.message
    if about and about not in message:
        message = f"{about}: {message}"
    return f"objects[{index}]: {message}"


def _message(failures: Sequence[str]) -> str:
    named = "; ".join(failures[:_MOST_NAMED])
    left = len(failures) - _MOST_NAMED
    return f"{named}; and {left} more" if left > 0 else named
