"""Answers of conversion webhooks, refused in the words of kube-apiserver.

Held to answers that were recorded together with what a client was told of them.
"""

from __future__ import annotations

import json as builtin_json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kconv._codec import json, yaml
from kconv._errors import DecodeError
from kconv._gvk import GroupVersion
from kconv._paths import Finding, describe
from kconv._reviews import ANSWER_LIMIT
from kconv._structural import Unconverted
from kconv.names import label_value_problems, qualified_name_problems

Document = dict[str, Any]

GROUP: Final = "apiextensions.k8s.io"


class ConversionRefused(Unconverted):
    """A conversion webhook cannot be asked, or its answer be used."""


def objects_of(review: Mapping[str, Any], status: int, body: bytes) -> list[Document]:
    """The objects of the answer to a review. Raises `ConversionRefused` for one that is no good."""
    wanted: Sequence[Document] = review["request"]["objects"]
    source = f"{wanted[0]['apiVersion']}, Kind={wanted[0]['kind']}"
    answer = _answer(review, status, body, source)
    response = answer.get("response")
    if not isinstance(response, dict) or not response:
        raise _failed(source, "no response provided")
    uid = review["request"]["uid"]
    if response.get("uid") != uid:
        message = f'expected response.uid="{uid}", got "{response.get("uid") or ""}"'
        raise _failed(source, message)
    result = response.get("result")
    result = result if isinstance(result, dict) else {}
    if result.get("status") != "Success":
        said = result.get("message")
        found = result.get("status") or ""
        raise _failed(source, said or f"response.result.status was '{found}', not 'Success'")
    found = response.get("convertedObjects")
    found = found if isinstance(found, list) else []
    if len(found) != len(wanted):
        raise ConversionRefused(
            f"conversion webhook for {source} returned {len(found)} objects, expected {len(wanted)}"
        )
    to = review["request"]["desiredAPIVersion"]
    for at, (before, after) in enumerate(zip(wanted, found, strict=True)):
        _check(source, at, before, after, to)
    return found


def _failed(source: str, why: object) -> ConversionRefused:
    return ConversionRefused(f"conversion webhook for {source} failed: {why}")


def no_answer(source: Mapping[str, Any], url: str, why: str) -> ConversionRefused:
    """The error where nobody answers; ``source`` is the first object of the review."""
    named = f"{source['apiVersion']}, Kind={source['kind']}"
    return _failed(named, f'Post "{url}": {why}')


def _answer(review: Mapping[str, Any], status: int, body: bytes, source: str) -> Document:
    if not 200 <= status < 300:
        raise _failed(source, _http_error(status, body))
    try:
        answer = json.decode(body, ANSWER_LIMIT)
    except DecodeError:
        try:
            answer = yaml.decode_all(body)[0]
        except (DecodeError, IndexError):
            answer = None
    if not isinstance(answer, dict):
        raise _failed(source, "couldn't get version/kind; json parse error: it is no JSON object")
    kind, api_version = answer.get("kind") or "", answer.get("apiVersion") or ""
    if not kind:
        raise _failed(source, f"Object 'Kind' is missing in '{_shown(body)}'")
    if (kind, api_version) != (review["kind"], review["apiVersion"]):
        known = (f"{GROUP}/v1", f"{GROUP}/v1beta1")
        if kind == review["kind"] and api_version in known:
            was, wants = (each.partition("/")[2] for each in (api_version, review["apiVersion"]))
            raise _failed(
                source,
                f"converting ({was}.{kind}) to ({wants}.{kind}): unknown conversion",
            )
        raise _failed(source, f'no kind "{kind}" is registered for version "{api_version}"')
    return answer


def _shown(body: bytes) -> str:
    return body[:500].decode(errors="replace")


def _http_error(status: int, body: bytes) -> str:
    """What client-go makes of a status code."""
    try:
        answer = json.decode(body)
    except DecodeError:
        answer = None
    if isinstance(answer, dict) and answer.get("kind") == "Status" and answer.get("message"):
        return str(answer["message"])
    if status == 404:
        return "the server could not find the requested resource"
    if status >= 500:
        return (
            f'an error on the server ("{_shown(body)}") has prevented the request from succeeding'
        )
    return f"the server rejected our request for an unknown reason (HTTP status {status})"


def _check(source: str, at: int, before: Document, after: Any, to: str) -> None:
    if after is None:
        raise ConversionRefused("unexpected end of JSON input")
    if not isinstance(after, dict):
        names = {str: "string", bool: "bool", list: "array"}
        found = names.get(type(after), "number")
        raise ConversionRefused(
            f"json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
        )
    if not after.get("kind"):
        raise ConversionRefused(f"Object 'Kind' is missing in '{builtin_json.dumps(after)[:500]}'")
    webhook = f"conversion webhook for {source}"
    if after.get("apiVersion") != to:
        found = after.get("apiVersion") or ""
        raise ConversionRefused(
            f"{webhook} returned invalid object at index {at}: invalid groupVersion "
            f"(expected {GroupVersion.parse(to)}, received {found})"
        )
    if after["kind"] != before["kind"]:
        raise ConversionRefused(
            f"{webhook} returned invalid object at index {at}: invalid kind "
            f"(expected {before['kind']}, received {after['kind']})"
        )
    was, now = _metadata(before), _metadata(after)
    for name, said in (("name", "name"), ("namespace", "namespace"), ("uid", "UID")):
        if (was.get(name) or "") != (now.get(name) or ""):
            raise ConversionRefused(
                f"{webhook} returned invalid object: must have the same {said}: "
                f"{was.get(name) or ''} != {now.get(name) or ''}"
            )
    _check_texts(webhook, "labels", now.get("labels"))
    _check_texts(webhook, "annotations", now.get("annotations"))


_GO_TYPES: Final = {int: "int64", float: "float64", bool: "bool", list: "[]interface {}"}


def _check_texts(webhook: str, name: str, found: Any) -> None:
    """Labels and annotations are taken over, so they must be such."""
    if found is None:
        return
    where = f"{webhook} returned invalid metadata: metadata.{name}"
    if not isinstance(found, dict):
        raise ConversionRefused(f"{where} is not a map")
    findings = []
    # kube-apiserver calls the field of annotations so.
    path = ("metadata", "labels" if name == "labels" else "annotation")
    for key, value in found.items():
        if not isinstance(value, str):
            kind = _GO_TYPES.get(type(value), "map[string]interface {}")
            raise ConversionRefused(
                f"{where}[{key}] must be a string, but is {kind} in converted object"
            )
        problems = qualified_name_problems(key)
        findings += [Finding(path, "", f'Invalid value: "{key}": {each}') for each in problems]
        if name == "labels":
            findings += [
                Finding(path, "", f'Invalid value: "{value}": {each}')
                for each in label_value_problems(value)
            ]
    if findings:
        raise ConversionRefused(f"{webhook} returned invalid metadata: {describe(findings)}")


def _metadata(value: Mapping[str, Any]) -> Mapping[str, Any]:
    found = value.get("metadata")
    return found if isinstance(found, dict) else {}
