"""What PostgreSQL is asked to have a batch of writes done, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple, cast

from psycopg.pq.abc import PGresult

from kconv._store import postgresql_batch, postgresql_update
from kconv._store.postgresql_batch import Answer
from kconv._store.write import Outcome, Write

BATCH: Final = postgresql_batch.STATEMENT.format(
    rows="$1", data="$2", before="$3", base="$4"
).encode()

PREPARED: Final = {b"kconv_update": postgresql_update.STATEMENT, b"kconv_write": BATCH}
"""The statements by the names under which sessions have them."""


class Question(NamedTuple):
    """A statement, by its name, with its arguments.

    ``read`` gives the outcomes of the writes; None where nothing was done, and the next question is
    to be asked. Arguments and formats are lists: the lowest psycopg that is allowed takes nothing
    else.
    """

    name: bytes
    arguments: list[bytes | None]
    formats: list[int]
    read: Callable[[PGresult], list[Outcome | None] | None]


def questions(writes: Sequence[Write]) -> Iterator[Question]:
    """What to ask, one after the other; the last one is answered."""
    if postgresql_update.fits(writes):
        yield Question(
            b"kconv_update",
            postgresql_update.arguments(writes[0]),
            postgresql_update.FORMATS,
            partial(postgresql_update.outcomes, writes),
        )
    data, before, base = postgresql_batch.arrays(writes)
    yield Question(
        b"kconv_write",
        [
            postgresql_batch.rows(writes),
            postgresql_batch.binary_array(data),
            postgresql_batch.binary_array(before),
            postgresql_batch.binary_array(base),
        ],
        [0, 1, 1, 1],
        lambda result: postgresql_batch.outcomes(writes, _answers(result)),
    )


def _answers(result: PGresult) -> list[Answer]:
    answers = []
    for row in range(result.ntuples):
        n, said, uid, number = (result.get_value(row, column) for column in range(4))
        answers.append(
            (
                int(n or 0),
                (said or b"").decode(),
                None if uid is None else uid.decode(),
                None if number is None else int(number),
            )
        )
    return cast("list[Answer]", answers)
