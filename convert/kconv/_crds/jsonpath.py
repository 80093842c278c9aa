"""Paths of printer columns: the part of JSONPath that ``additionalPrinterColumns`` use.

Fields (``.status.phase``), keys in quotes (``['app.io/name']``), positions (``[0]``, ``[-1]``),
all elements (``[*]``), and elements with a value (``[?(@.type=="Ready")]``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, Literal, cast

from kconv._errors import UsageError
from kconv._resource import Column

_STEP: Final = re.compile(
    r"""\.(?P<field>(?:[^.\[\]'"\\]|\\.)+)
      | \[(?P<quote>['"])(?P<key>(?:\\.|(?!(?P=quote)).)*)(?P=quote)\]
      | \[(?P<at>-?\d+)\]
      | (?P<all>\[\*\]|\.\*)
      | \[\?\(\s*@(?P<path>[^=!<>]*?)\s*(?P<sign>==|!=)\s*(?P<value>"[^"]*"|'[^']*'|[^\s)]+)\s*\)\]
    """,
    re.VERBOSE,
)

Step = Callable[[Any], Iterator[Any]]
_COLUMN_TYPES: Final = ("string", "integer", "number", "boolean", "date")


def parse(text: str) -> tuple[Step, ...]:
    """The steps of a path. Raises `UsageError` for what is none."""
    text = text.strip()
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    if text and text[0] not in ".[":
        text = f".{text}"
    steps, at = [], 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise UsageError(f'"{text}" is no path of fields')
        steps.append(_step(match))
        at = match.end()
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if match["all"]:
        return _each
    if match["at"]:
        return partial(_at, int(match["at"]))
    if match["sign"]:
        path = parse(match["path"]) if match["path"].strip(".") else ()
        said = match["value"]
        value = said[1:-1] if said[0] in "\"'" else _literal(said)
        return partial(_where, path, match["sign"] == "==", value)
    name = match["field"] if match["field"] is not None else match["key"]
    return partial(_field, re.sub(r"\\(.)", r"\1", name))


def _literal(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _field(name: str, value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping) and name in value:
        yield value[name]


def _at(index: int, value: Any) -> Iterator[Any]:
    if isinstance(value, list) and -len(value) <= index < len(value):
        yield value[index]


def _each(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif isinstance(value, Mapping):
        yield from value.values()


def _where(path: tuple[Step, ...], equal: bool, wanted: Any, value: Any) -> Iterator[Any]:
    for each in _each(value):
        found = next(find(path, each), None)
        if (found == wanted) is equal:
            yield each


def find(steps: tuple[Step, ...], value: Any) -> Iterator[Any]:
    """Everything at a path, in order."""
    found = [value]
    for step in steps:
        found = [inner for each in found for inner in step(each)]
    return iter(found)


def column_of(given: Mapping[str, Any]) -> Column:
    """A printer column of a CRD."""
    kind = given.get("type") if given.get("type") in _COLUMN_TYPES else "string"
    steps = parse(str(given.get("jsonPath") or given.get("JSONPath") or ""))
    return Column(
        str(given["name"]),
        partial(_cell, steps, str(kind)),
        type=cast("Literal['string', 'integer', 'number', 'boolean', 'date']", kind),
        format=str(given.get("format") or ""),
        priority=int(given.get("priority") or 0),
        description=str(given.get("description") or ""),
    )


def _cell(steps: tuple[Step, ...], kind: str, document: Mapping[str, Any]) -> Any:
    """A cell; null where nothing is there, or something of another type."""
    value = next(find(steps, document), None)
    if value is None:
        return None
    if kind == "integer":
        whole = isinstance(value, int | float) and not isinstance(value, bool)
        return int(value) if whole else None
    if kind == "number":
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if kind == "date" or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))
