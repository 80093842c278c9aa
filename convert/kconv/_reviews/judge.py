"""What the API server makes of the answer to a ConversionReview.

Held to answers that were recorded from kube-apiserver together with what it said of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kconv._codec import json, yaml
from kconv._codec.limits import LIMIT
from kconv._errors import DecodeError

Value = Mapping[str, Any]

ANSWER_LIMIT: Final = 4 * LIMIT
"""Bytes of an answer that are read."""

_CHANGEABLE: Final = ("labels", "annotations")
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_LONGEST: Final = 63


@dataclass(frozen=True, slots=True)
class Judgement:
    """``refused`` is why the API server refuses the whole answer, a line for each reason.

    ``ignored`` are changes that it drops without a word. ``objects`` are what came back.
    """

    refused: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    objects: tuple[Any, ...] = ()


def judge(review: Value, status: int, body: bytes) -> Judgement:
    """Judge the answer to a review: its HTTP status and body."""
    if not 200 <= status < 300:
        return Judgement((f"HTTP status {status}: {body[:200].decode(errors='replace')}",))
    try:
        answer = json.decode(body, ANSWER_LIMIT)
    except DecodeError as error:
        try:
            answer = yaml.decode_all(body)[0]
        except (DecodeError, IndexError):
            return Judgement((f"it is no JSON: {error.message}",))
    if not isinstance(answer, dict):
        return Judgement(("it is no JSON object",))
    if (answer.get("kind"), answer.get("apiVersion")) != (review["kind"], review["apiVersion"]):
        found = f"{answer.get('apiVersion')}, Kind={answer.get('kind')}"
        return Judgement((f"it is {found}, not {review['apiVersion']}, Kind={review['kind']}",))
    response = answer.get("response")
    if not isinstance(response, dict):
        return Judgement(("there is no response in it",))
    return _judge_response(review["request"], response)


def _judge_response(request: Value, response: Value) -> Judgement:
    if response.get("uid") != request["uid"]:
        said = f"response.uid is {response.get('uid')!r}, not the {request['uid']!r} of the request"
        return Judgement((said,))
    result = response.get("result")
    status = result.get("status") if isinstance(result, dict) else None
    if status != "Success":
        message = result.get("message") if isinstance(result, dict) else None
        return Judgement((str(message or f"response.result.status is {status!r}, not 'Success'"),))
    wanted, found = request["objects"], response.get("convertedObjects") or []
    if not isinstance(found, list) or len(found) != len(wanted):
        number = len(found) if isinstance(found, list) else "no list of"
        return Judgement((f"{number} objects came back for {len(wanted)}",))
    refused: list[str] = []
    ignored: list[str] = []
    for at, (before, after) in enumerate(zip(wanted, found, strict=True)):
        name = f"object {at}"
        reasons = [f"{name}: {each}" for each in _refused(before, after, request)]
        refused += reasons
        if not reasons:
            ignored += [f"{name}: {each}" for each in _ignored(before, after)]
    return Judgement(tuple(refused), tuple(ignored), tuple(found))


def _refused(before: Value, after: Any, request: Value) -> Iterator[str]:
    if not isinstance(after, dict):
        yield "it is no object"
        return
    if after.get("apiVersion") != request["desiredAPIVersion"]:
        yield f"apiVersion is {after.get('apiVersion')!r}, not {request['desiredAPIVersion']!r}"
    if after.get("kind") != before.get("kind"):
        yield f"kind is {after.get('kind')!r}, not {before.get('kind')!r}"
    was, now = _metadata(before), _metadata(after)
    for name in ("name", "namespace", "uid"):
        if (was.get(name) or "") != (now.get(name) or ""):
            yield f"metadata.{name} is {now.get(name)!r}, not {was.get(name)!r}"
    for name in _CHANGEABLE:
        yield from _bad_texts(name, now.get(name))


def _bad_texts(name: str, values: Any) -> Iterator[str]:
    if values is None:
        return
    if not isinstance(values, dict):
        yield f"metadata.{name} is no map of texts"
        return
    for key, value in values.items():
        if not isinstance(value, str):
            yield f"metadata.{name}[{key}] is no text"
        elif name == "labels" and value and not _is_name(value):
            yield f"metadata.labels[{key}] is {value!r}, which is no value of a label"
        prefix, _, last = key.rpartition("/")
        if not _is_name(last) or (prefix and not _NAME.fullmatch(prefix)):
            yield f"metadata.{name} has the key {key!r}, which is none"


def _is_name(text: str) -> bool:
    return len(text) <= _LONGEST and _NAME.fullmatch(text) is not None


def _ignored(before: Value, after: Value) -> Iterator[str]:
    was, now = _metadata(before), _metadata(after)
    for name in sorted({*was, *now} - {*_CHANGEABLE, "name", "namespace", "uid"}):
        if was.get(name) != now.get(name):
            yield f"metadata.{name} is another one, which the API server does not take over"


def _metadata(value: Value) -> Value:
    found = value.get("metadata")
    return found if isinstance(found, dict) else {}
