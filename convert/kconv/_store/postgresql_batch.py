"""A batch of writes on PostgreSQL: one statement, which is a transaction of its own.

Order matters for what readers may rely on. Rows are locked first, in key order, then the versions
they are to be written in, and the counter last: the holder of the counter's row lock commits
before the next resourceVersion is given out, so that resourceVersions become visible in order.
With one statement no server has the counter while it, or the network, takes its time.

Rows that another transaction has locked are not waited for: their writes are left out, and are
to be tried again.

What a write relies on is locked as well, and looked at once more, but only when the counter is
held: so the lock lasts no longer than the commit, and changes of a namespace find a moment without
one, however many writes rely on it. It must be FOR SHARE: a mere look sees the database as it was
when the statement began, and FOR KEY SHARE is content with a row that has been updated since.

Without OFFSET 0 or a lock in the subselect, PostgreSQL may look rows up by reading the whole
table, whatever is in it by now: a prepared statement keeps its plan.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, Literal

import msgspec

from kconv._store.records import Stored
from kconv._store.refusals import Verdict, refusal
from kconv._store.tables import changes, objects, revision, storage_versions
from kconv._store.write import Outcome, Write

Answer = tuple[int, Verdict | Literal["stored", "locked"], str | None, int | None]
"""What the statement says of a write: which one (from 1), what became of it, uid and number."""


def _row(alias: str, of: str, prefix: str = "") -> str:
    columns = ("grp", "resource", "namespace", "name")
    return " AND ".join(f"{alias}.{column} = {of}.{prefix}{column}" for column in columns)


STATEMENT: Final = f"""
WITH input AS MATERIALIZED (
    SELECT * FROM ROWS FROM (
        json_to_recordset({{rows}}::json) AS (
            type text, grp text, resource text, namespace text, name text, api_version text,
            uid text, expected bigint,
            on_grp text, on_resource text, on_namespace text, on_name text, on_version bigint
        ),
        unnest({{data}}::bytea[]), unnest({{before}}::bytea[]), unnest({{base}}::bytea[])
    ) WITH ORDINALITY AS row (
        type, grp, resource, namespace, name, api_version, uid, expected,
        on_grp, on_resource, on_namespace, on_name, on_version, data, before, base, n
    )
),
held AS MATERIALIZED (
    SELECT i.n, o.uid, o.resource_version,
        CASE WHEN i.base IS NULL THEN true ELSE sha256(o.data) = i.base END AS is_base
    FROM (
        SELECT * FROM input WHERE type <> 'ADDED' ORDER BY grp, resource, namespace, name
    ) AS i
    CROSS JOIN LATERAL (
        SELECT o.uid, o.resource_version, o.data FROM {objects} AS o
        WHERE {_row("o", "i")} FOR NO KEY UPDATE SKIP LOCKED
    ) AS o
),
recorded AS MATERIALIZED (
    SELECT v.* FROM (
        SELECT DISTINCT grp, resource, api_version
        FROM input CROSS JOIN (SELECT count(*) FROM held) AS rows_first
        ORDER BY grp, resource, api_version
    ) AS i
    CROSS JOIN LATERAL (
        SELECT v.grp, v.resource, v.api_version FROM {storage_versions} AS v
        WHERE v.grp = i.grp AND v.resource = i.resource AND v.api_version = i.api_version
        FOR KEY SHARE
    ) AS v
),
judged AS MATERIALIZED (
    SELECT i.n, h.uid, CASE
        WHEN i.on_name IS NOT NULL AND r.resource_version IS DISTINCT FROM i.on_version
            THEN 'condition'
        WHEN i.type = 'ADDED' AND o.resource_version IS NOT NULL THEN 'exists'
        WHEN i.type <> 'ADDED' AND h.n IS NULL AND o.resource_version IS NULL THEN 'absent'
        WHEN i.type <> 'ADDED' AND coalesce(h.resource_version, o.resource_version) <> i.expected
            OR NOT h.is_base THEN 'conflict'
        WHEN i.type <> 'ADDED' AND h.n IS NULL THEN 'locked'
        WHEN NOT EXISTS (
            SELECT FROM recorded AS v
            WHERE v.grp = i.grp AND v.resource = i.resource AND v.api_version = i.api_version
        ) THEN 'unrecorded'
    END AS verdict
    FROM input AS i
    LEFT JOIN held AS h ON h.n = i.n
    LEFT JOIN LATERAL (
        SELECT o.resource_version FROM {objects} AS o
        WHERE h.n IS NULL AND {_row("o", "i")} OFFSET 0
    ) AS o ON true
    LEFT JOIN LATERAL (
        SELECT o.resource_version FROM {objects} AS o WHERE {_row("o", "i", "on_")} OFFSET 0
    ) AS r ON true
),
head AS MATERIALIZED (
    SELECT r.value FROM {revision} AS r
    WHERE r.id = 1 AND EXISTS (SELECT FROM judged WHERE verdict IS NULL) FOR UPDATE
),
relied_on AS MATERIALIZED (
    SELECT i.*, o.resource_version
    FROM (
        SELECT DISTINCT i.on_grp, i.on_resource, i.on_namespace, i.on_name
        FROM head CROSS JOIN input AS i JOIN judged AS j ON j.n = i.n
        WHERE i.on_name IS NOT NULL AND j.verdict IS NULL
    ) AS i
    CROSS JOIN LATERAL (
        SELECT o.resource_version FROM {objects} AS o
        WHERE {_row("o", "i", "on_")} FOR SHARE SKIP LOCKED
    ) AS o
),
accepted AS MATERIALIZED (
    SELECT i.*, coalesce(j.uid, i.uid) AS own_uid, row_number() OVER (ORDER BY i.n) AS number
    FROM head CROSS JOIN input AS i JOIN judged AS j ON j.n = i.n
    WHERE j.verdict IS NULL AND (i.on_name IS NULL OR EXISTS (
        SELECT FROM relied_on AS r
        WHERE r.on_grp = i.on_grp AND r.on_resource = i.on_resource
            AND r.on_namespace = i.on_namespace AND r.on_name = i.on_name
            AND r.resource_version = i.on_version
    ))
),
counter AS (
    UPDATE {revision} AS r SET value = r.value + a.amount
    FROM (SELECT count(*) AS amount FROM accepted) AS a WHERE r.id = 1 AND a.amount > 0
    RETURNING r.value - a.amount AS value
),
added AS (
    INSERT INTO {objects}
        (grp, resource, namespace, name, uid, api_version, resource_version, data)
    SELECT a.grp, a.resource, a.namespace, a.name, a.uid, a.api_version, c.value + a.number, a.data
    FROM accepted AS a CROSS JOIN counter AS c WHERE a.type = 'ADDED'
),
modified AS (
    UPDATE {objects} AS o
    SET api_version = a.api_version, resource_version = c.value + a.number, data = a.data
    FROM accepted AS a CROSS JOIN counter AS c WHERE a.type = 'MODIFIED' AND {_row("o", "a")}
),
deleted AS (
    DELETE FROM {objects} AS o
    USING accepted AS a CROSS JOIN counter AS c WHERE a.type = 'DELETED' AND {_row("o", "a")}
),
logged AS (
    INSERT INTO {changes}
        (resource_version, type, grp, resource, namespace, name, uid, api_version, data, before)
    SELECT c.value + a.number, a.type, a.grp, a.resource, a.namespace, a.name, a.own_uid,
        a.api_version, a.data, a.before
    FROM accepted AS a CROSS JOIN counter AS c
)
SELECT j.n, CASE
    WHEN j.verdict IS NOT NULL THEN j.verdict
    WHEN a.n IS NOT NULL THEN 'stored'
    WHEN r.resource_version <> i.on_version THEN 'condition'
    ELSE 'locked'
END, a.own_uid, c.value + a.number
FROM judged AS j
JOIN input AS i ON i.n = j.n
LEFT JOIN accepted AS a ON a.n = j.n
LEFT JOIN counter AS c ON true
LEFT JOIN relied_on AS r ON r.on_grp = i.on_grp AND r.on_resource = i.on_resource
    AND r.on_namespace = i.on_namespace AND r.on_name = i.on_name
"""
"""Takes JSON of the rows, and three arrays of bytes."""

_BYTEA: Final = 17
_NULL: Final = struct.pack("!i", -1)
_encode: Final = msgspec.json.Encoder().encode
_length: Final = struct.Struct("!i").pack


def rows(writes: Sequence[Write]) -> bytes:
    """The first argument of the statement."""
    return _encode([_as_row(write) for write in writes])


def arrays(writes: Sequence[Write]) -> tuple[list[bytes], list[bytes | None], list[bytes | None]]:
    """The other arguments: data, states before, and digests of what is built on."""
    return (
        [write.data for write in writes],
        [write.before for write in writes],
        [None if write.base is None else sha256(write.base).digest() for write in writes],
    )


def binary_array(items: Sequence[bytes | None]) -> bytes:
    """An array of bytes as PostgreSQL sends and takes it (``array_recv``): one dimension from 1."""
    parts = [struct.pack("!iiIii", 1, 1, _BYTEA, len(items), 1)]
    for item in items:
        parts += (_NULL,) if item is None else (_length(len(item)), item)
    return b"".join(parts)


def outcomes(writes: Sequence[Write], answers: Sequence[Answer]) -> list[Outcome | None]:
    """One outcome per write; None where the row is locked and the write is to be tried again."""
    found: list[Outcome | None] = [None] * len(writes)
    for n, said, uid, number in answers:
        write = writes[n - 1]
        if said == "stored":
            assert uid is not None
            assert number is not None
            found[n - 1] = Stored(write.key, uid, write.api_version, number, write.data)
        elif said != "locked":
            found[n - 1] = refusal(write, said)
    return found


def _as_row(write: Write) -> dict[str, Any]:
    row: dict[str, Any] = {
        "type": write.type,
        "grp": write.key.group,
        "resource": write.key.resource,
        "namespace": write.key.namespace,
        "name": write.key.name,
        "api_version": write.api_version,
        "uid": write.uid,
        "expected": write.expected,
    }
    if write.within is not None:
        other, version = write.within
        row |= {
            "on_grp": other.group,
            "on_resource": other.resource,
            "on_namespace": other.namespace,
            "on_name": other.name,
            "on_version": version,
        }
    return row
