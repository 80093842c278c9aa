"""Tables: what ``kubectl get`` prints, columns and cells made by the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kconv.fields.time import parse_time
from kconv.resource import Column
from kconv.scheme import Spoke
from kconv.serve.metadata import now
from kconv.serve.status import Refusal

NAME = Column("Name", "metadata.name", format="name")
AGE = Column("Age", "metadata.creationTimestamp", type="date")
UNKNOWN = "<unknown>"
UNREADABLE = "<unreadable>"
NONE = "<none>"

Document = dict[str, Any]


def columns_of(spoke: Spoke) -> Sequence[Column]:
    """A kind's printer columns; Name and Age for one that declares none."""
    return spoke.options.printer_columns or (NAME, AGE)


def table_of(
    spoke: Spoke,
    documents: Sequence[Document],
    metadata: Document,
    version: str,
    *,
    include: str = "",
    rows: bool = True,
    with_columns: bool = True,
    metadata_of: Callable[[Spoke, Document], Document] = lambda spoke, document: document[
        "metadata"
    ],
    readable: bool = True,
) -> Document:
    """A Table with a row for each object.

    ``include`` is the query parameter ``includeObject``: None, Metadata (the default) or Object.
    Of documents that are not ``readable`` (shown as they are stored), cells tell the name only.
    Raises `kconv.serve.status.Refusal` (422) for another value.
    """
    if include not in ("", "None", "Metadata", "Object"):
        raise Refusal("BadRequest", f"unrecognized includeObject value: {include!r}")
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
        for document in documents:
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
                    "metadata": metadata_of(spoke, document),
                }
            table["rows"].append(row)
    return table


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
    found = column.value(document) if callable(column.value) else at_path(document, column.value)
    if column.type == "date":
        return age(found, when)
    return found


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


def age(text: Any, when: datetime) -> str:
    """How long ago a time was, as kubectl writes it: ``45s``, ``3m7s``, ``5h``, ``12d``."""
    if not isinstance(text, str) or not text:
        return UNKNOWN
    try:
        since = parse_time(text)
    except ValueError:
        return UNKNOWN
    seconds = int((when - since).total_seconds())
    if seconds < -1:
        return "<invalid>"
    return human_duration(max(seconds, 0))


def human_duration(seconds: int) -> str:
    """Seconds in the two greatest units that say something (``duration.HumanDuration``)."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    if days < 365 * 2:
        return f"{days}d"
    if days < 365 * 8:
        years, rest = divmod(days, 365)
        return f"{years}y{rest}d" if rest else f"{years}y"
    return f"{days // 365}y"
