"""Why a row is in no version that was declared, in words for a person."""

from __future__ import annotations

from kconv.sqlalchemy._declaration import Declaration
from kconv.sqlalchemy._versions import Field, Unreadable, VersionValue, put_kept, typed


def problem_of(
    declared: Declaration, raw: bytes, value: VersionValue, kept: bytes | None = None
) -> str:
    """What keeps the version of a row from being told; empty where nothing does.

    ``value`` is what its version column holds, ``kept`` what the one of kept values does.
    """
    try:
        found, data = declared.told(raw, value)
    except Unreadable as error:
        return str(error)
    name = declared.name_of(found)
    if not name.startswith("("):
        try:
            put_kept(data, declared.kept_field if kept else "", kept)
        except Unreadable as error:
            return f"what it keeps in {declared.kept_name} cannot be read: {error}"
        return ""
    if found is None and declared.shape is None:
        return "the row says no version: give shape=, which tells it from the document"
    if found is None:
        return "the row says no version, and shape() tells none of it"
    if isinstance(declared.version, Field):
        where = declared.version.name
    else:
        where = "shape()" if value is None else str(declared.version)
    return (
        f"the row is in {name}, which is no version that was declared: {where} says "
        f"{typed([found])}, and versions= has {typed(declared.versions)}"
    )
