"""The query parameters of the API: what each verb understands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import cast

from kconv._paths import Finding, forbidden, not_supported, quote
from kconv._pipeline import FieldValidation
from kconv._verbs.field_managers import field_manager_finding, manager_of_agent
from kconv._verbs.options import (
    ListOptions,
    Match,
    WriteOptions,
    bounded,
    parse_resource_version,
)
from kconv._verbs.refusal import Refusal, bad_request, invalid_options
from kconv._verbs.refusal import invalid as unacceptable


class Query(dict[str, str]):
    """The query parameters, the first value of each as Go reads them; `getlist` has them all."""

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._lists: dict[str, list[str]] = {}
        for name, value in items:
            self.setdefault(name, value)
            self._lists.setdefault(name, []).append(value)

    def getlist(self, name: str) -> list[str]:
        """Every value of a parameter that may be repeated, in order."""
        return self._lists.get(name, [])


_VALIDATIONS = ("", "Ignore", "Strict", "Warn")
_MATCHES = ("Exact", "NotOlderThan")
_MATCH = ("resourceVersionMatch",)
_WITH_CONTINUE = "resourceVersionMatch is forbidden when continue is provided"


def is_true(query: Query, name: str) -> bool:
    """Whether a boolean parameter is set; anything but false and 0 sets it."""
    text = query.get(name)
    return text is not None and text.lower() not in ("false", "0")


def write_options(
    query: Query, kind: str, user_agent: str = "", *, applies: bool = False
) -> WriteOptions:
    """Read the options of a write; ``kind`` is the name of their type, such as CreateOptions.

    Fields belong to a manager called like the client's user agent unless the query names one,
    which an apply has to. Raises `kconv._verbs.refusal.Refusal` (422) for a value that is not
    supported.
    """
    if not query and not applies and len(user_agent) <= _USUAL_AGENT:
        return _plain_options(user_agent)
    dry_run = query.getlist("dryRun")
    if any(word != "All" for word in dry_run):
        raise invalid_options(kind, ("dryRun",), not_supported((), dry_run, ["All"]))
    validation = query.get("fieldValidation", "")
    if validation not in _VALIDATIONS:
        finding = not_supported(("fieldValidation",), validation, _VALIDATIONS)
        raise invalid_options(kind, ("fieldValidation",), finding)
    manager = query.get("fieldManager", "")
    if (found := field_manager_finding(manager, required_=applies)) is not None:
        raise invalid_options(kind, ("fieldManager",), found)
    if kind == "PatchOptions" and "force" in query and not applies:
        finding = forbidden((), "may not be specified for non-apply patch")
        raise invalid_options(kind, ("force",), finding)
    return WriteOptions(
        bool(dry_run),
        cast("FieldValidation", validation or "Warn"),
        manager or manager_of_agent(user_agent),
        applies and is_true(query, "force"),
    )


_USUAL_AGENT = 256
"""How long a user agent may be that is remembered: its client chooses it."""


@lru_cache(1_000)
def _plain_options(user_agent: str) -> WriteOptions:
    """The options of a write that names none."""
    return WriteOptions(False, "Warn", manager_of_agent(user_agent), False)


def integer(query: Query, name: str) -> int | None:
    """A parameter that is an int64, None where it is not given.

    Raises `kconv._verbs.refusal.Refusal` (400) for what is none.
    """
    text = query.get(name, "")
    if not text:
        return None
    digits = text[1:] if text[0] in "+-" else text
    if not (digits.isascii() and digits.isdigit()):
        raise bad_request(f"strconv.ParseInt: parsing {quote(text)}: invalid syntax")
    number = bounded(text, digits)
    if not -(2**63) <= number < 2**63:
        raise bad_request(f"strconv.ParseInt: parsing {quote(text)}: value out of range")
    return number


def list_options(query: Query) -> ListOptions:
    """Read the options of a list or watch.

    Raises `kconv._verbs.refusal.Refusal`: 400 for what cannot be read, 422 for what does not go
    together. A watch from a malformed resourceVersion is a 500, as in Kubernetes.
    """
    watch = is_true(query, "watch")
    match = query.get("resourceVersionMatch", "")
    token = query.get("continue", "")
    try:
        version = parse_resource_version(query.get("resourceVersion", ""))
    except ValueError as error:
        if watch:
            raise Refusal("", str(error), code=500) from None
        raise bad_request(f"invalid resource version: {error}") from None
    initial = is_true(query, "sendInitialEvents") if "sendInitialEvents" in query else None
    limit = max(integer(query, "limit") or 0, 0)
    if version == 0:
        # Whatever there is at hand will do, all of it: so Kubernetes answers from its cache.
        limit = 0
    elif version and limit and not (match or watch):
        match = "Exact"
    options = ListOptions(
        limit=limit,
        continue_token=token,
        resource_version=version,
        match=cast("Match", match),
        watch=watch,
        bookmarks=is_true(query, "allowWatchBookmarks"),
        send_initial_events=initial,
        timeout_seconds=integer(query, "timeoutSeconds"),
    )
    _check(options, query.get("resourceVersionMatch", ""))
    return options


def read_version(query: Query) -> int:
    """The resourceVersion that a GET is to be no older than; 0 where it names none.

    Raises `kconv._verbs.refusal.Refusal` (400) for what cannot be read.
    """
    try:
        return parse_resource_version(query.get("resourceVersion", "")) or 0
    except ValueError as error:
        raise bad_request(f"invalid resource version: {error}") from None


def _check(options: ListOptions, match: str) -> None:
    findings = list(_watch_findings(options, match) if options.watch else _findings(options, match))
    if findings:
        raise unacceptable("meta.k8s.io", "ListOptions", "", findings)
    if not options.watch and options.continue_token and options.resource_version:
        raise bad_request("specifying resource version is not allowed when using continue")


def _findings(options: ListOptions, match: str) -> Iterator[Finding]:
    """What is wrong with the options of a list; as ``ValidateListOptions`` of Kubernetes."""
    if match:
        if options.resource_version is None:
            why = "resourceVersionMatch is forbidden unless resourceVersion is provided"
            yield forbidden(_MATCH, why)
        if options.continue_token:
            yield forbidden(_MATCH, _WITH_CONTINUE)
        if match not in _MATCHES:
            yield not_supported(_MATCH, match, (*_MATCHES, ""))
        if match == "Exact" and options.resource_version == 0:
            why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
            yield forbidden(_MATCH, why)
    if options.send_initial_events is not None:
        yield forbidden(("sendInitialEvents",), "sendInitialEvents is forbidden for list")


def _watch_findings(options: ListOptions, match: str) -> Iterator[Finding]:
    """Of a watch, likewise; it has no pages."""
    if options.continue_token and not match:
        yield forbidden(("continue",), "continue is forbidden for watch")
    if options.send_initial_events is not None and match != "NotOlderThan":
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        yield forbidden(_MATCH, why)
    if match:
        if options.send_initial_events is None:
            why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            yield forbidden(_MATCH, why)
        if match != "NotOlderThan":
            yield not_supported(_MATCH, match, ("NotOlderThan",))
        if options.continue_token:
            yield forbidden(_MATCH, _WITH_CONTINUE)
