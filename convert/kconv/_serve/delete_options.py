"""The options of a delete, in its body and its query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kconv._errors import DecodeError
from kconv._paths import Path, invalid, not_supported, quote, wrong_type
from kconv._serve.options import Query, integer, is_true, write_options
from kconv._serve.request_body import body_of
from kconv._verbs.options import DeleteOptions
from kconv._verbs.propagation import Propagation
from kconv._verbs.refusal import bad_request, invalid_options

_POLICIES: tuple[Propagation, ...] = ("Foreground", "Background", "Orphan")
_TYPES: Mapping[Path, tuple[type, str]] = {
    ("apiVersion",): (str, "a string"),
    ("kind",): (str, "a string"),
    ("gracePeriodSeconds",): (int, "an integer"),
    ("preconditions",): (dict, "an object"),
    ("preconditions", "uid"): (str, "a string"),
    ("preconditions", "resourceVersion"): (str, "a string"),
    ("orphanDependents",): (bool, "a boolean"),
    ("propagationPolicy",): (str, "a string"),
    ("dryRun",): (list, "a list of strings"),
    ("ignoreStoreReadErrorWithClusterBreakingPotential",): (bool, "a boolean"),
}
"""The fields of metav1.DeleteOptions, parents first, and what they are to be."""


def delete_options(query: Query, body: bytes, content_type: str) -> DeleteOptions:
    """The options of a delete: those in its body, if it has one, else those in the query.

    As in Kubernetes, a body has the last word: with one, even ``dryRun`` in the query says nothing.
    Raises `Refusal` (400, 415, 422).
    """
    given = _document(body, content_type)
    if given:
        query = Query()
    _check_types(given)
    preconditions = given.get("preconditions") or {}
    asked = [given.get("propagationPolicy") or "", query.get("propagationPolicy") or ""]
    orphan = given.get("orphanDependents")
    if orphan is None and "orphanDependents" in query:
        orphan = is_true(query, "orphanDependents")
    for policy in filter(None, asked):
        if orphan is not None:
            why = "orphanDependents and deletionPropagation cannot be both set"
            raise invalid_options("DeleteOptions", ("propagationPolicy",), invalid((), policy, why))
        if policy not in _POLICIES:
            finding = not_supported((), policy, (*_POLICIES, "nil"))
            raise invalid_options("DeleteOptions", ("propagationPolicy",), finding)
    for seconds in (given.get("gracePeriodSeconds"), integer(query, "gracePeriodSeconds")):
        if seconds is not None and seconds < 0:
            finding = invalid((), seconds, "must be greater than or equal to 0")
            raise invalid_options("DeleteOptions", ("gracePeriodSeconds",), finding)
    dry_run = write_options(query, "DeleteOptions").dry_run
    for word in given.get("dryRun") or ():
        if word != "All":
            finding = not_supported((), given["dryRun"], ["All"])
            raise invalid_options("DeleteOptions", ("dryRun",), finding)
        dry_run = True
    return DeleteOptions(
        dry_run,
        str(preconditions.get("uid") or ""),
        str(preconditions.get("resourceVersion") or ""),
        _propagation(asked, orphan),
    )


def _propagation(asked: Sequence[str], orphan: bool | None) -> Propagation:
    """The policy, which old clients say as ``orphanDependents``."""
    if orphan is not None:
        return "Orphan" if orphan else "Background"
    policy = next(filter(None, asked), "")
    return next((each for each in _POLICIES if each == policy), "")


def _check_types(body: Mapping[str, Any]) -> None:
    """Refuse (400) options of other types than theirs."""
    for path, (kind, expected) in _TYPES.items():
        value: Any = body
        for step in path:
            value = value.get(step) if value is not None else None
        if value is None:
            continue
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if path == ("dryRun",) and fits:
            fits = all(isinstance(word, str) for word in value)
        if kind is int and fits:
            fits = abs(value) < 2**63
        if not fits:
            finding = wrong_type(path, value, expected)
            raise bad_request(f"couldn't read DeleteOptions: {finding}")


def _document(body: bytes, content_type: str) -> dict[str, Any]:
    if not body.strip():
        return {}
    read = body_of(body, content_type)
    try:
        document = read.document()
    except DecodeError as error:
        raise DecodeError(f"couldn't read DeleteOptions: {error.message}") from None
    if not isinstance(document, dict):
        raise bad_request("couldn't read DeleteOptions: not an object")
    kind = document.get("kind")
    if kind not in (None, "", "DeleteOptions"):
        raise bad_request(f"{quote(kind)} cannot be handled as DeleteOptions")
    return document
