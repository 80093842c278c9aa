"""The tables; Alembic (``kconv db upgrade``) creates and alters them, nothing else does.

Column names are the API's own words; ``grp`` stands for group, which SQL reserves.

Two kinds of tables: what is served (``objects``, their change log ``changes``, the states ``past``
it, the record ``storage_versions``, the counter ``revision``), and what operating it needs
(``change_times``, ``duties``, ``probes``, ``servers``, ``runs``, ``undo``, ``quarantine``,
``clients``). The second kind has no foreign key into the first: nothing in it keeps a version on
record or an object from being deleted. Moments are Unix seconds by the database's clock.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    false,
    text,
)

TABLES_REVISION: Final = "0006"
"""The newest Alembic revision, which this code needs. Revisions are numbered 0001, 0002, …, so
that a lower one is older and a higher one was made by a later release."""

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

OTHER_PLACES: Final = "@"
"""How ``grp`` begins in rows about what is kept elsewhere than in ``objects``: in tables of a
user's own, in files. No API group begins so."""

# Lists are ordered by namespace and name, byte by byte, as Kubernetes orders them: SQLite does
# so by itself, PostgreSQL only in the C collation.
_Name = Text().with_variant(Text(collation="C"), "postgresql")

# INTEGER PRIMARY KEY is SQLite's row id, so the change log needs no second index there.
_Revision = BigInteger().with_variant(Integer(), "sqlite")

storage_versions: Final = Table(
    "kconv_storage_versions",
    metadata,
    Column("grp", _Name, nullable=False),
    Column("resource", _Name, nullable=False),
    Column("api_version", _Name, nullable=False),
    Column("preferred", Boolean, nullable=False),
    PrimaryKeyConstraint("grp", "resource", "api_version"),
)

objects: Final = Table(
    "kconv_objects",
    metadata,
    Column("grp", _Name, nullable=False),
    Column("resource", _Name, nullable=False),
    Column("namespace", _Name, nullable=False),
    Column("name", _Name, nullable=False),
    Column("uid", Text, nullable=False),
    Column("api_version", _Name, nullable=False),
    Column("resource_version", _Revision, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("grp", "resource", "namespace", "name"),
    ForeignKeyConstraint(
        ["grp", "resource", "api_version"],
        [
            "kconv_storage_versions.grp",
            "kconv_storage_versions.resource",
            "kconv_storage_versions.api_version",
        ],
    ),
)
Index(
    "ix_kconv_objects_api_version",
    objects.c.grp,
    objects.c.resource,
    objects.c.api_version,
    objects.c.namespace,
    objects.c.name,
)

changes: Final = Table(
    "kconv_changes",
    metadata,
    Column("resource_version", _Revision, autoincrement=False, nullable=False),
    Column("type", Text, nullable=False),
    Column("grp", _Name, nullable=False),
    Column("resource", _Name, nullable=False),
    Column("namespace", _Name, nullable=False),
    Column("name", _Name, nullable=False),
    Column("uid", Text, nullable=False),
    Column("api_version", _Name, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("before", LargeBinary, nullable=True),
    PrimaryKeyConstraint("resource_version"),
    CheckConstraint("type IN ('ADDED', 'MODIFIED', 'DELETED')", name="type"),
    ForeignKeyConstraint(
        ["grp", "resource", "api_version"],
        [
            "kconv_storage_versions.grp",
            "kconv_storage_versions.resource",
            "kconv_storage_versions.api_version",
        ],
    ),
)
Index(
    "ix_kconv_changes_resource",
    changes.c.grp,
    changes.c.resource,
    changes.c.resource_version,
)
Index(
    "ix_kconv_changes_api_version",
    changes.c.grp,
    changes.c.resource,
    changes.c.api_version,
    changes.c.resource_version,
)

# Lists at an earlier resourceVersion look up what the keys of a page have been since.
Index(
    "ix_kconv_changes_key",
    changes.c.grp,
    changes.c.resource,
    changes.c.namespace,
    changes.c.name,
    changes.c.resource_version,
)

# What objects were at a resourceVersion that the change log no longer reaches, where they have been
# changed since (by the change `until`), which the log still has. Lists between the two show it.
past: Final = Table(
    "kconv_past",
    metadata,
    Column("grp", _Name, nullable=False),
    Column("resource", _Name, nullable=False),
    Column("namespace", _Name, nullable=False),
    Column("name", _Name, nullable=False),
    Column("resource_version", _Revision, nullable=False),
    Column("until", _Revision, nullable=False),
    Column("uid", Text, nullable=False),
    Column("api_version", _Name, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("grp", "resource", "namespace", "name", "resource_version"),
)
Index("ix_kconv_past_until", past.c.until)

# One row. `value` is the newest resourceVersion given out, `compacted` the one up to which the
# change log has been cut off. `epoch` is another one whenever the counter may have gone back (a
# restored backup). `rewrites` counts the transactions that changed the bytes of rows and gave them
# no new resourceVersion, so that what keeps bytes in memory knows when to read them again.
revision: Final = Table(
    "kconv_revision",
    metadata,
    Column("id", Integer, autoincrement=False, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("compacted", BigInteger, nullable=False),
    Column("epoch", Text, nullable=False, server_default=text("''")),
    Column("rewrites", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("id"),
    CheckConstraint("id = 1", name="one_row"),
)

# When which resourceVersion was the newest, noted now and then, and about how many bytes the log
# got since the one before, so that it can be compacted by age and size.
change_times: Final = Table(
    "kconv_change_times",
    metadata,
    Column("resource_version", _Revision, autoincrement=False, nullable=False),
    Column("moment", Double, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    PrimaryKeyConstraint("resource_version"),
)

# What one process at a time does for all that share the database; `until` it is its holder's.
duties: Final = Table(
    "kconv_duties",
    metadata,
    Column("name", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("until", Double, nullable=False),
    PrimaryKeyConstraint("name"),
)

# What is written and removed again to see whether the database takes writes.
probes: Final = Table(
    "kconv_probes",
    metadata,
    Column("id", Text, nullable=False),
    Column("moment", Double, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id"),
)

# The servers that are, or lately were, up. `decodes` is JSON: [[group, resource, api_version], …].
servers: Final = Table(
    "kconv_servers",
    metadata,
    Column("id", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", Double, nullable=False),
    Column("seen", Double, nullable=False),
    Column("decodes", Text, nullable=False),
    PrimaryKeyConstraint("id"),
)

# Migration runs, of which one at a time is running. `targets` is JSON:
# [[group, resource, [from, …], to], …]. What the run replaced may go after `undo_until`; NULL
# keeps it until somebody drops it. A run is told here to pause, or at how many rows a second to go
# (NULL: what it was begun with, 0: no limit), and says how far it is, what it waits for, and how
# often a writer was faster (`raced`; NULL where nobody counted).
runs: Final = Table(
    "kconv_runs",
    metadata,
    Column("id", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("began", Double, nullable=False),
    Column("ended", Double, nullable=True),
    Column("expires", Double, nullable=False),
    Column("targets", Text, nullable=False),
    Column("undo_until", Double, nullable=True),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("rate", Double, nullable=True),
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger, nullable=False, server_default="0"),
    Column("waiting", Text, nullable=False, server_default=text("''")),
    Column("raced", BigInteger, nullable=True),
    PrimaryKeyConstraint("id"),
    CheckConstraint("state IN ('running', 'done', 'failed', 'interrupted')", name="state"),
)

# What a run replaced: the row as it was, and by what (`written_digest`: SHA-256 of the bytes).
undo: Final = Table(
    "kconv_undo",
    metadata,
    Column("run", Text, nullable=False),
    Column("grp", _Name, nullable=False),
    Column("resource", _Name, nullable=False),
    Column("namespace", _Name, nullable=False),
    Column("name", _Name, nullable=False),
    Column("resource_version", _Revision, nullable=False),
    Column("api_version", _Name, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("written_api_version", _Name, nullable=False),
    Column("written_digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("run", "grp", "resource", "namespace", "name"),
    ForeignKeyConstraint(["run"], ["kconv_runs.id"]),
)

# Rows that a run could not rewrite. An entry counts only while the row that it names is still at
# that resourceVersion and in that version. `findings` is JSON: [[path, reason, message], …].
quarantine: Final = Table(
    "kconv_quarantine",
    metadata,
    Column("place", Text, nullable=False),
    Column("grp", _Name, nullable=False),
    Column("resource", _Name, nullable=False),
    Column("namespace", _Name, nullable=False),
    Column("name", _Name, nullable=False),
    Column("resource_version", _Revision, nullable=False),
    Column("api_version", _Name, nullable=False),
    Column("run", Text, nullable=False),
    Column("since", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("findings", Text, nullable=False),
    PrimaryKeyConstraint("grp", "resource", "namespace", "name", "place", "resource_version"),
    CheckConstraint("place IN ('objects', 'changes')", name="place"),
)

# Requests per version and user agent; `day` is 2026-11-23, in UTC.
clients: Final = Table(
    "kconv_clients",
    metadata,
    Column("day", Text, nullable=False),
    Column("grp", _Name, nullable=False),
    Column("version", _Name, nullable=False),
    Column("resource", _Name, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("requests", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "grp", "version", "resource", "user_agent"),
)
