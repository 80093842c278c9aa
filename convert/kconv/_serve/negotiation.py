"""Content negotiation: what a client accepts, and how an answer is written.

Besides JSON, YAML and protobuf, a client may ask for another view of the same object: a ``Table``
(kubectl get) or metadata only (``PartialObjectMetadata``, informers of controllers).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from kconv._serve.protobuf import MEDIA_TYPE as PROTOBUF
from kconv._verbs.refusal import Refusal

JSON = "application/json"
YAML = "application/yaml"
_PRODUCED = (JSON, YAML, PROTOBUF)
_STREAMED = (f"{JSON};stream=watch", f"{PROTOBUF};stream=watch")
_VIEWS = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")
_VIEW_VERSIONS = ("v1", "v1beta1")

View = Literal["", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"]
Format = Literal["json", "yaml", "protobuf"]

_FORMATS: dict[str, Format] = {JSON: "json", YAML: "yaml", PROTOBUF: "protobuf"}


@dataclass(frozen=True, slots=True)
class Accepted:
    """How to write an answer.

    ``view`` is empty for the object itself; ``view_version`` is the version of meta.k8s.io that
    a view is written in. ``parameters`` are those of the media range that was chosen.
    """

    media_type: str = JSON
    view: View = ""
    view_version: str = "v1"
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def format(self) -> Format:
        """The codec to write with."""
        return _FORMATS[self.media_type]

    @property
    def is_json_itself(self) -> bool:
        """Whether an object is written as it is kept: whole, in JSON."""
        return self.media_type == JSON and not self.view


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One alternative of an Accept header, ``type`` without its parameters."""

    type: str
    parameters: dict[str, str]
    quality: float

    def covers(self, media_type: str) -> bool:
        """Whether the range, which may be a wildcard, includes a media type."""
        major = media_type.partition("/")[0]
        return self.type in (media_type, f"{major}/*", "*/*")


def parse_accept(header: str) -> list[MediaRange]:
    """The alternatives of an Accept header, best first; an empty header accepts everything."""
    ranges: list[MediaRange] = []
    for part in header.split(","):
        media_type, *rest = (piece.strip() for piece in part.split(";"))
        if not media_type:
            continue
        parameters = {}
        for piece in rest:
            name, _, text = piece.partition("=")
            parameters[name.strip().lower()] = text.strip().strip('"')
        ranges.append(MediaRange(media_type.lower(), parameters, _quality(parameters)))
    ranges.sort(key=lambda item: -item.quality)
    return ranges or [MediaRange("*/*", {}, 1.0)]


def _quality(parameters: dict[str, str]) -> float:
    try:
        return float(parameters.pop("q", "1"))
    except ValueError:
        return 0.0


def negotiate(
    header: str, *, views: Collection[str] = _VIEWS, protobuf: bool = True, stream: bool = False
) -> Accepted:
    """Choose how to answer a request with this Accept header.

    ``views`` are the views that the resource can be shown in; without ``protobuf`` only its
    metadata can be written so. A ``stream`` is that of a watch. Raises
    `kconv._verbs.refusal.Refusal` (406) when nothing fits.
    """
    is_produced = False
    for item in parse_accept(header):
        if item.quality <= 0:
            continue
        chosen = next((media for media in _PRODUCED if item.covers(media)), None)
        if chosen is None:
            continue
        is_produced = True
        view = item.parameters.get("as", "")
        if chosen == PROTOBUF and (view == "Table" or not (view or protobuf)):
            continue
        if stream and chosen == YAML:
            raise only_accepted(_STREAMED)
        if not view:
            return Accepted(chosen, parameters=tuple(item.parameters.items()))
        version = item.parameters.get("v", "")
        group = item.parameters.get("g", "")
        if view in views and group == "meta.k8s.io" and version in _VIEW_VERSIONS:
            return Accepted(chosen, view, version)  # type: ignore[arg-type]  # views are Views
    raise only_accepted() if is_produced else not_acceptable()


def of_error(header: str) -> Accepted:
    """How to write what went wrong before it was known what is asked for; JSON where in doubt."""
    try:
        return negotiate(header, views=())
    except Refusal:
        return Accepted()


def only_accepted(produced: Collection[str] = _PRODUCED) -> Refusal:
    """406: a form that there is, but not of this resource, or not in this view."""
    listed = ", ".join(produced)
    message = f"only the following media types are accepted: {listed}"
    return Refusal("NotAcceptable", message)


def not_acceptable(produced: Collection[str] = _PRODUCED) -> Refusal:
    """406: no representation that the client accepts."""
    listed = ", ".join(produced)
    return Refusal(
        "NotAcceptable",
        f"406: Not Acceptable\n\nAvailable representations: {listed}",
        details={},
    )


def body_format(content_type: str) -> Format:
    """The codec of a request's body; no Content-Type means JSON, as in Kubernetes.

    Raises `kconv._verbs.refusal.Refusal` (415) for any other media type.
    """
    media_type = media_type_of(content_type)
    if media_type in ("", JSON, "*/*"):
        return "json"
    if media_type in (YAML, "application/x-yaml", "text/yaml"):
        return "yaml"
    if media_type == PROTOBUF:
        return "protobuf"
    listed = ", ".join(_PRODUCED)
    raise Refusal(
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        + listed,
    )


def media_type_of(content_type: str) -> str:
    """A Content-Type without its parameters."""
    return content_type.partition(";")[0].strip().lower()
