"""Tables: what ``kubectl get`` prints, columns and cells made by the server."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from weakref import WeakSet

from kconv._codec import json as json_codec
from kconv._paths import quote
from kconv._resource import Column
from kconv._scheme import Spoke
from kconv._verbs.metadata import now
from kconv._verbs.refusal import bad_request
from kconv.fields._age import age

NAME = Column("Name", "metadata.name", format="name")
AGE = Column("Age", "metadata.creationTimestamp", type="date")
UNREADABLE = "<unreadable>"
FAILED = "<error>"
"""The cell of a text whose function failed, as kubectl shows what it cannot print."""

NONE = "<none>"

_SCALARS = (int, float, bool, type(None))
_told: WeakSet[Any] = WeakSet()
"""The functions of columns that have failed, and were logged."""

_log = logging.getLogger(__name__)

Document = dict[str, Any]
Shown = tuple[Document, Document]
"""An object of the version that is shown, and its metadata in the hub."""


def columns_of(spoke: Spoke) -> Sequence[Column]:
    """A kind's printer columns, Name first unless it has that; and Age if it declares none."""
    declared = spoke.options.printer_columns
    if any(column.name.casefold() == "name" for column in declared):
        return declared
    return (NAME, *(declared or (AGE,)))


def table_of(
    spoke: Spoke,
    objects: Sequence[Shown],
    metadata: Document,
    version: str,
    *,
    include: str = "",
    rows: bool = True,
    with_columns: bool = True,
    readable: bool = True,
) -> Document:
    """A Table with a row for each object.

    ``include`` is the query parameter ``includeObject``: None, Metadata (the default) or Object.
    Of documents that are not ``readable`` (shown as they are stored), cells tell the name only.
    Raises as `check_include`.
    """
    check_include(include)
    columns = columns_of(spoke)
    when = now()
    table: Document = {
        "kind": "Table",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": metadata,
        "columnDefinitions": [_definition(column) for column in columns] if with_columns else None,
        "rows": [],
    }
    if rows:
        for document, own_metadata in objects:
            cells = [
                _cell(column, document, when) if readable else _unread(column, document)
                for column in columns
            ]
            row: Document = {"cells": cells}
            if include == "Object":
                row["object"] = document
            elif include != "None":
                row["object"] = {
                    "kind": "PartialObjectMetadata",
                    "apiVersion": f"meta.k8s.io/{version}",
                    "metadata": own_metadata,
                }
            table["rows"].append(row)
    return table


def check_include(include: str) -> None:
    """Raises `kconv._verbs.refusal.Refusal` (400) for an ``includeObject`` that there is not."""
    if include not in ("", "None", "Metadata", "Object"):
        raise bad_request(
            f"Unable to convert to Table as requested: includeObject: Invalid value: "
            f"{quote(include)}: must be 'Metadata', 'Object', 'None', or empty"
        )


def _definition(column: Column) -> Document:
    return {
        "name": column.name,
        "type": "string" if column.type == "date" else column.type,
        "format": column.format,
        "description": column.description,
        "priority": column.priority,
    }


def _unread(column: Column, document: Document) -> Any:
    """A cell of an object that is shown as it is stored: nothing but its name is sure."""
    if column.name == "Name":
        return document["metadata"]["name"]
    return UNREADABLE if column.type in ("string", "date") else None


def _cell(column: Column, document: Document, when: datetime) -> Any:
    if callable(column.value):
        try:
            found = column.value(document)
            if column.type != "date" and not _can_be_written(found):
                json_codec.encode(found)
        except Exception as error:  # noqa: BLE001 - it is users' code, and the other cells go on
            _tell(column, document, error)
            return FAILED if column.type in ("string", "date") else None
    else:
        found = at_path(document, column.value)
    if column.type == "date":
        return age(found, when)
    return found


def _can_be_written(found: object) -> bool:
    """Whether a cell is surely JSON: that of no list, and of no text with half a character."""
    return found.isascii() if isinstance(found, str) else isinstance(found, _SCALARS)


def _tell(column: Column, document: Document, error: Exception) -> None:
    """Log a column whose function failed, once: a list has many rows, and clients come again."""
    function: Any = column.value
    with suppress(TypeError):  # not all that can be called can be kept in a set
        if function in _told:
            return
        _told.add(function)
    metadata = document.get("metadata") or {}
    name = "/".join(metadata[each] for each in ("namespace", "name") if metadata.get(each))
    _log.error(
        "the column %s of %s %s failed on %s: %s: %s",
        *(column.name, document.get("apiVersion"), document.get("kind"), name),
        *(type(error).__name__, error),
        exc_info=error,
    )


def at_path(document: Mapping[str, Any], path: str) -> Any:
    """The value at a path such as ``spec.schedule`` or ``.spec.jobs[0].name``, None without."""
    found: Any = document
    for step in path.replace("[", ".").replace("]", "").strip(".").split("."):
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found
