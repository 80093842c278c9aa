"""Opening the place that a command line names: kconv's own store, or another one."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kconv.place import Place

_FILES = "files:"
_CLUSTER = "cluster"


def open_place(
    name: str | None,
    db: str,
    *,
    groups: Collection[str] | None = None,
    apis: Sequence[str] = (),
    kinds: bool = True,
    names: Sequence[str] = (),
) -> Place:
    """The place called ``name`` over the database at ``db``; None is kconv's own store.

    ``files:FOLDER`` is a folder of manifests, which has a database of its own; ``cluster`` and
    ``cluster:CONTEXT`` are objects of a cluster, with notes in the database at ``db``: of custom
    resources, and of others that ``names`` has.
    ``groups`` and ``apis`` are those of `load_scheme`; a cluster loads the kinds that it has, to
    compare objects by. Without ``kinds`` the store loads none. A place elsewhere makes kconv's own
    tables in the database, where there are none.
    """
    if name is None:
        from kconv._scheme import Scheme, load_scheme
        from kconv._store import StorePlace, open_store

        scheme = load_scheme(groups, apis) if kinds else Scheme()
        return StorePlace(open_store(db), scheme, groups, apis)
    if name.startswith(_FILES):
        from kconv.places import FilesPlace

        return FilesPlace.open(name.removeprefix(_FILES), groups, apis)
    if name == _CLUSTER or name.startswith(f"{_CLUSTER}:"):
        from kconv._cluster import ClusterPlace

        context = name.removeprefix(_CLUSTER).removeprefix(":")
        return ClusterPlace.open(context, db, groups, names, apis)
    from kconv._store.existing import revision_at
    from kconv.place import open_named
    from kconv.place._named import check_named

    # As of `python -m`: modules of the project that one is in.
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    check_named(name, db)
    if revision_at(db) is None:
        from kconv._cli.console import say
        from kconv_migrations._tables import upgrade  # it takes long to load

        upgrade(db)
        say("made kconv's own tables in the database, all named kconv_…")
    return open_named(name, db)


def in_context(name: str | None, context: str | None) -> str | None:
    """The name of a place with what ``--context`` says in it. Raises `UsageError`."""
    if context is None:
        return name
    if name != _CLUSTER:
        from kconv._errors import UsageError

        raise UsageError("--context goes with --place cluster")
    return f"{name}:{context}"
