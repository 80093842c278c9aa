"""The compiled engine gives the answers of the plain one: acceptance, value, bytes, errors."""

from __future__ import annotations

from typing import Any

from kconv._codec import json as json_codec
from kconv._differences import differences
from kconv._errors import KconvError
from kconv._paths import format_path
from kconv._pipeline import Decoded, Pipeline
from kconv._scheme import Spoke
from kconv.testing._failure import Broken
from kconv.testing._names import title

CHECKS = ("types", "fields", "all")
FIELD_VALIDATION = ("Ignore", "Warn", "Strict")

_ADVICE = (
    "The plain engine (marshmallow, and rules as they are written) is right by definition: "
    "this is a fault of kconv."
)


def decode_alike(
    plain: Pipeline, compiled: Pipeline, spoke: Spoke, document: dict[str, Any], **options: Any
) -> None:
    """Both decode an object, sound or not, to the same value and bytes, or the same error."""
    data = json_codec.encode(document)
    options["spoke"] = spoke
    right, found = outcome(plain, data, **options), outcome(compiled, data, **options)
    _compare(f"{title(spoke)}: decoding bytes ({_said(options)})", right, found, document)
    right = outcome(plain, document, **options)
    found = outcome(compiled, document, **options)
    _compare(f"{title(spoke)}: decoding a document ({_said(options)})", right, found, document)


def convert_alike(
    plain: Pipeline, compiled: Pipeline, spoke: Spoke, document: dict[str, Any]
) -> None:
    """Both convert a sound object to the same bytes, in every version, on every way.

    Parts of it too, as webhooks are sent for what a field manager owns.
    """
    data = json_codec.encode(document)
    part = _part(document)
    for target in spoke.kind.spokes:
        about = f"{title(spoke)} -> {title(target)}"
        right = _stepwise(plain, data, spoke, target)
        found = _stepwise(compiled, data, spoke, target)
        _compare(about, right, found, document)
        version = target.group_version
        right = plain.convert(data, version, spoke=_told(spoke), trusted=True)
        found = compiled.convert(data, version, spoke=_told(spoke), trusted=True)
        _compare(f"{about} at once", right, found, document)
        if spoke.envelope:
            right, found = (_of_part(each, part, spoke, target) for each in (plain, compiled))
            _compare(f"{about} of a part", right, found, part)


def outcome(pipeline: Pipeline, source: bytes | dict[str, Any], **options: Any) -> dict[str, Any]:
    """What comes of decoding: the value and the bytes, or the error and all that it names."""
    try:
        if isinstance(source, bytes):
            decoded: Decoded = pipeline.decode(source, **options)
        else:
            decoded = pipeline.load(source, **options)
    except KconvError as error:
        named = [f"{format_path(each.path)}: {each.reason}" for each in error.findings]
        return {"error": f"{type(error).__name__}: {error.message}", "findings": named}
    return {
        "gvk": str(decoded.spoke.gvk),
        "value": decoded.value,
        "warnings": list(decoded.warnings),
        "bytes": pipeline.encode(decoded).decode(),
    }


def _told(spoke: Spoke) -> Spoke | None:
    """The version of an object, where its bytes do not tell it."""
    return None if spoke.envelope else spoke


def _stepwise(pipeline: Pipeline, data: bytes, spoke: Spoke, target: Spoke) -> bytes:
    decoded = pipeline.decode(data, spoke=_told(spoke), trusted=True)
    return pipeline.encode(pipeline.from_hub(pipeline.to_hub(decoded), target))


def _compare(about: str, right: Any, found: Any, document: dict[str, Any]) -> None:
    if right == found:
        return
    if isinstance(right, bytes):
        lines: list[object] = list(differences(json_codec.decode(right), json_codec.decode(found)))
        lines = lines or [f"plain:    {right.decode()}", f"compiled: {found.decode()}"]
    else:
        lines = list(differences(right, found))
    raise Broken(
        f"{about}: the engines differ (was: plain, is: compiled).", lines, _ADVICE, document
    )


def _said(options: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in options.items() if name != "spoke")


def _part(value: Any) -> Any:
    """Every second field of an object, and of the objects in it; all elements of lists."""
    if isinstance(value, list):
        return [_part(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _part(each) for name, each in [*value.items()][:: 2 if len(value) > 1 else 1]}


def _of_part(pipeline: Pipeline, part: dict[str, Any], spoke: Spoke, target: Spoke) -> Any:
    try:
        decoded = pipeline.decode_written(json_codec.encode(part), spoke=spoke)
        return pipeline.encode(pipeline.from_hub(pipeline.to_hub(decoded), target))
    except KconvError as error:
        return f"{type(error).__name__}: {error.message}"
