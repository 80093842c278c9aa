"""Why a server does not come up or answer: what its threads and its database wait for."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

PROC = Path("/proc")
ABORT_SECONDS = 20.0
"""How long the interpreter may take to write where its threads are."""


_SESSIONS = """
SELECT pid, state, wait_event_type, wait_event, pg_blocking_pids(pid) AS waits_for,
    round(extract(epoch FROM clock_timestamp() - xact_start), 1) AS seconds_in_transaction,
    round(extract(epoch FROM clock_timestamp() - state_change), 1) AS seconds_so,
    left(regexp_replace(query, '\\s+', ' ', 'g'), 150) AS query
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY pid
"""


def explain_silence(process: "subprocess.Popen[str]", database: str, log: Path) -> str:
    """Say what a server does that should serve or answer by now, and end it with SIGABRT.

    It has to run with ``PYTHONFAULTHANDLER``: the interpreter then writes where each thread is to
    standard error, which is ``log``. What the system knows is read before: where a thread waits in
    the kernel the interpreter cannot say it.
    """
    told = [f"load {' '.join(PROC.joinpath('loadavg').read_text().split()[:3])}"]
    told += [f"the code of its end: {process.poll()}", *_threads(process.pid)]
    told += _holders(database)
    told += _sessions(database)
    process.send_signal(signal.SIGABRT)
    # One that is stopped does not see other signals.
    process.send_signal(signal.SIGCONT)
    try:
        process.wait(ABORT_SECONDS)
    except subprocess.TimeoutExpired:
        told.append(f"it does not end on SIGABRT within {ABORT_SECONDS:g} s")
    return "\n".join([*told, "what it wrote:", log.read_text()])


def _threads(pid: int) -> Iterator[str]:
    """State, place in the kernel and processor time of each thread."""
    ticks = os.sysconf("SC_CLK_TCK")
    for task in sorted(PROC.glob(f"{pid}/task/*")):
        try:
            name, _, rest = (task / "stat").read_text().rpartition(")")
            waits_in = (task / "wchan").read_text()
        except OSError:
            continue
        fields = rest.split()
        seconds = (int(fields[11]) + int(fields[12])) / ticks
        yield f"thread {name}) is {fields[0]}, in {waits_in or '0'}, after {seconds:.2f} s of work"


def _holders(database: str) -> Iterator[str]:
    """Who has the files of a SQLite database open, and which locks there are on them."""
    _, separator, name = database.partition("sqlite:///")
    if not separator:
        return
    files = [each for each in Path(name).parent.glob(f"{Path(name).name}*") if each.is_file()]
    for file in files:
        yield f"{file.name}: inode {file.stat().st_ino}, {file.stat().st_size} bytes"
    inodes = {str(each.stat().st_ino) for each in files}
    for line in PROC.joinpath("locks").read_text().splitlines():
        if line.split()[5].rpartition(":")[2] in inodes:
            yield f"lock {line}"
    opened = {str(each) for each in files}
    for process in PROC.glob("[0-9]*"):
        if opened & set(_opened_by(process)):
            with contextlib.suppress(OSError):
                said = process.joinpath("cmdline").read_text().replace("\0", " ")
                yield f"open in {process.name}: {said[:200]}"


def _sessions(database: str) -> Iterator[str]:
    """What the sessions of a database on PostgreSQL do, and for which others they wait."""
    if not database.startswith("postgresql"):
        return
    try:
        conninfo = database.replace("+psycopg", "", 1)
        with psycopg.connect(conninfo, connect_timeout=10, row_factory=dict_row) as connection:
            for row in connection.execute(_SESSIONS):
                yield f"session {', '.join(f'{name} {value}' for name, value in row.items())}"
    except psycopg.Error as error:
        yield f"the database says nothing: {error}"


def _opened_by(process: Path) -> Iterator[str]:
    """The files that a process has open; other users' processes say nothing."""
    try:
        for each in process.joinpath("fd").iterdir():
            with contextlib.suppress(OSError):
                yield str(each.readlink())
    except OSError:
        return
