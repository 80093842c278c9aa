"""An update of one object on PostgreSQL, which comes alone: most writes of a single client.

It does what `kconv._store.postgresql_batch` would, with the same locks in the same order, in a
third of the time: a statement takes PostgreSQL the longer the more parts it has. It changes nothing
where anything stands against the update, and does not say what: the statement of batches does.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from psycopg.pq.abc import PGresult

from kconv._store.records import Stored
from kconv._store.tables import changes, objects, revision, storage_versions
from kconv._store.write import Outcome, Write

_KEY: Final = "o.grp = $1 AND o.resource = $2 AND o.namespace = $3 AND o.name = $4"

STATEMENT: Final = f"""
WITH held AS MATERIALIZED (
    SELECT o.uid FROM {objects} AS o
    WHERE {_KEY} AND o.resource_version = $5::bigint
        AND CASE WHEN $9::bytea IS NULL THEN true ELSE sha256(o.data) = $9 END
    FOR NO KEY UPDATE SKIP LOCKED
),
recorded AS MATERIALIZED (
    SELECT FROM {storage_versions} AS v
    WHERE v.grp = $1 AND v.resource = $2 AND v.api_version = $6 AND EXISTS (SELECT FROM held)
    FOR KEY SHARE
),
counter AS (
    UPDATE {revision} AS r SET value = r.value + 1
    WHERE r.id = 1 AND EXISTS (SELECT FROM recorded)
    RETURNING r.value
),
modified AS (
    UPDATE {objects} AS o SET api_version = $6, resource_version = c.value, data = $7
    FROM counter AS c WHERE {_KEY}
),
logged AS (
    INSERT INTO {changes}
        (resource_version, type, grp, resource, namespace, name, uid, api_version, data, before)
    SELECT c.value, 'MODIFIED', $1, $2, $3, $4, h.uid, $6, $7, $8
    FROM counter AS c CROSS JOIN held AS h
)
SELECT h.uid, c.value FROM counter AS c CROSS JOIN held AS h
""".encode()

FORMATS: Final = [1, 1, 1, 1, 0, 1, 1, 1, 1]
"""Texts go as bytes, too: the driver would cut them at a NUL, and another object be written."""


def fits(writes: Sequence[Write]) -> bool:
    """Whether this is all that there is to write."""
    return len(writes) == 1 and writes[0].type == "MODIFIED" and writes[0].within is None


def arguments(write: Write) -> list[bytes | None]:
    """The arguments of the statement."""
    key, base = write.key, write.base
    return [
        key.group.encode(),
        key.resource.encode(),
        key.namespace.encode(),
        key.name.encode(),
        b"%d" % write.expected,
        write.api_version.encode(),
        write.data,
        write.before,
        None if base is None else sha256(base).digest(),
    ]


def outcomes(writes: Sequence[Write], result: PGresult) -> list[Outcome | None] | None:
    """What became of the update; None where nothing has been done."""
    if not result.ntuples:
        return None
    uid, number = result.get_value(0, 0), result.get_value(0, 1)
    assert uid is not None
    assert number is not None
    (write,) = writes
    return [Stored(write.key, uid.decode(), write.api_version, int(number), write.data)]
