"""What a user's own Alembic environment takes of kconv.

`op.migrate_storage` in a revision brings what is stored in step with the schema.

Import this module in ``env.py`` or in the revision; that adds the operation::

    from alembic import op
    import kconv_migrations.op

    def upgrade() -> None:
        op.migrate_storage("batch", "v1")

`include_name` in ``env.py`` keeps ``alembic revision --autogenerate`` from seeing kconv's tables in
the same database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alembic.operations import MigrateOperation, Operations

from kconv._errors import Conflict, UsageError
from kconv._paths import describe
from kconv._pipeline import Pipeline
from kconv._scheme import load_scheme
from kconv._store import StorePlace, open_store
from kconv._store.table_revision import PREFIX
from kconv_migrations import _migration as storage

__all__ = ["MigrateStorage", "include_name"]


def include_name(name: str | None, kind: str, parents: Mapping[Any, str | None]) -> bool:
    """Whether what a database holds is the user's; for ``context.configure(include_name=…)``.

    Alembic asks it for each ``name`` that it finds, of a ``kind`` such as ``table`` or ``schema``.
    Tables that begin with ``kconv_`` are kconv's: without this, ``--autogenerate`` would drop them,
    for the user's metadata does not have them.
    """
    return not (kind == "table" and name is not None and name.startswith(PREFIX))


@Operations.register_operation("migrate_storage")
class MigrateStorage(MigrateOperation):
    """Every row of a group's resources in one version; see `migrate_storage`."""

    def __init__(
        self,
        group: str,
        version: str,
        *,
        resources: Sequence[str],
        require: bool,
        url: str | None,
        apis: Sequence[str],
        workers: int,
        settings: storage.Settings | None,
    ) -> None:
        self.group = group
        self.version = version
        self.resources = resources
        self.require = require
        self.url = url
        self.apis = apis
        self.workers = workers
        self.settings = settings

    @property
    def to(self) -> str:
        """The target as a command line has it."""
        return f"{self.group or 'core'}={self.version}"

    @classmethod
    def migrate_storage(
        cls,
        operations: Operations,
        group: str,
        version: str,
        *,
        resources: Sequence[str] = (),
        require: bool = False,
        url: str | None = None,
        apis: Sequence[str] = (),
        workers: int = 1,
        settings: storage.Settings | None = None,
    ) -> None:
        """Store all objects of a group's resources in ``version``, or see that they are.

        ``resources`` (``cronjobs.batch``) limits which; by default all of the group that have
        the version. With ``require`` nothing is written: `Conflict` is raised where a resource
        is not stored in the version alone. ``url`` is kconv's database if that is not the one
        of the revision; ``apis`` are API packages (``module:function``) that are not installed.

        What the revision did before is committed first, for a migration is many transactions
        and resumes if it is interrupted: run the revision again. Give it a revision of its own,
        or set ``transaction_per_migration``. Raises `UsageError` in offline mode, `Conflict`
        when rows are left, and what `kconv_migrations._migration.migrate` raises.
        """
        operations.invoke(
            cls(
                group,
                version,
                resources=resources,
                require=require,
                url=url,
                apis=apis,
                workers=workers,
                settings=settings,
            )
        )


@Operations.implementation_for(MigrateStorage)
def _migrate_storage(operations: Operations, operation: MigrateStorage) -> None:
    context = operations.get_context()
    if context.as_sql:
        raise UsageError("op.migrate_storage needs the database: it cannot be written as SQL")
    scheme = load_scheme(apis=operation.apis)
    url = operation.url
    if url is None:
        url = operations.get_bind().engine.url.render_as_string(hide_password=False)
    # Its own connections must neither wait for the revision's locks nor miss what it did.
    with context.autocommit_block():
        place = StorePlace(open_store(url), scheme, apis=operation.apis)
        try:
            if operation.require:
                _require(place, operation)
            else:
                _run(place, operation)
        finally:
            place.close()


def _run(place: StorePlace, operation: MigrateStorage) -> None:
    targets = storage.plan(place, operation.resources, [operation.to])
    pipeline = Pipeline(place.scheme)
    outcomes: list[storage.Outcome] = []
    collections = [target.name for target in targets]
    with storage.executor_for(place, pipeline, operation.workers, collections) as executor:
        outcomes += storage.migrate(place, pipeline, targets, operation.settings, executor=executor)
    unfinished = [each for each in outcomes if not each.done]
    if unfinished:
        names = ", ".join(each.target.name for each in unfinished)
        failures = [failure for each in unfinished for failure in each.failures]
        what = f": {describe(each.message for each in failures[:3])}" if failures else ""
        raise Conflict(
            f"the storage migration to {operation.to} left rows of {names}{what}; "
            "`kconv migrate status` and `kconv migrate quarantine` say which"
        )


def _require(place: StorePlace, operation: MigrateStorage) -> None:
    targets = storage.plan(place, operation.resources, [operation.to])
    record = {each.name: each for each in storage.status(place)}
    behind = []
    for target in targets:
        found = record.get(target.name)
        if found is not None and not (found.settled and found.preferred == target.api_version):
            have = ", ".join(each.api_version for each in found.versions)
            behind.append(f"{target.name} (stored in {have})")
    if behind:
        raise Conflict(
            f"this revision needs everything stored as {operation.to}, but some is not yet: "
            f"{', '.join(behind)}: run `kconv migrate --to {operation.to}` first"
        )
