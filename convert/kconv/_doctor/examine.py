"""`examine`: look at everything that a server and a migration rely on. It leaves all as it was.

What stands first is needed by what follows: where the database cannot be reached, its tables are
not looked at.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from kconv._doctor.certificate import valid_until
from kconv._durations import parse_duration
from kconv._errors import KconvError, Unavailable
from kconv._messages import count, duration, size_text
from kconv._scheme import Scheme, load_scheme
from kconv._settings import Settings
from kconv._store import SqlStore, StorePlace, open_store
from kconv._store.database import parse_url, sqlite_file
from kconv_migrations import _migration as storage
from kconv_migrations._tables import current, history

CRDS = "customresourcedefinitions.apiextensions.k8s.io"

SOON: Final = timedelta(days=14)
"""How long before its end a certificate is worth a word."""

WRITE_SECONDS: Final = 5.0
"""For how long it is tried to write."""


class State(StrEnum):
    """How something is; only `PROBLEM` and `UNREACHABLE` keep a server from running."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and what to do about it, if anything."""

    name: str
    state: State
    text: str
    next: str = ""


def examine(
    settings: Settings, groups: Sequence[str] | None = None, *, now: datetime | None = None
) -> Iterator[Check]:
    """Look at what a server with these settings would need; what was found, in order.

    ``now`` is when certificates are to be valid.
    """
    scheme: Scheme | None = None
    try:
        scheme = load_scheme(groups, settings.apis)
        versions = {spoke.group_version for kind in scheme.kinds for spoke in kind.spokes}
        known = f"{count(len(scheme.kinds), 'kind')} in {count(len(versions), 'version')}"
        yield Check("packages", State.OK, known)
    except KconvError as error:
        yield Check("packages", State.PROBLEM, error.message)
    yield from _database(settings, scheme)
    yield from _certificate(settings, now or datetime.now(UTC))


def _database(settings: Settings, scheme: Scheme | None) -> Iterator[Check]:
    try:
        revision = current(settings.db)
    except Unavailable as error:
        yield Check("database", State.UNREACHABLE, error.message)
        return
    except KconvError as error:
        yield Check("database", State.PROBLEM, error.message)
        return
    file = sqlite_file(parse_url(settings.db))
    missing = file is not None and not file.exists()
    yield Check("database", State.OK, f"{file} is not there yet" if missing else "it answers")
    newest = history()[-1].id
    if revision is None:
        text = "there are none: `kconv serve` makes them in an empty database"
        yield Check("tables", State.WARNING, text, "kconv db upgrade")
        return
    if revision != newest:
        known = revision in {each.id for each in history()}
        text = f"at revision {revision}, and this release has {newest}"
        after = "kconv db upgrade" if known else "install the release that made them"
        yield Check("tables", State.PROBLEM, text, after)
        return
    yield Check("tables", State.OK, f"at revision {revision}, the newest")
    try:
        with closing(open_store(settings.db)) as store:
            for look in (_writes, _log):
                yield from look(store, settings)
            if scheme is not None:
                yield from _place(StorePlace(store, scheme))
    except Unavailable as error:
        yield Check("database", State.UNREACHABLE, error.message)


def _writes(store: SqlStore, settings: Settings) -> Iterator[Check]:
    try:
        store.can_write(WRITE_SECONDS)
    except KconvError as error:
        yield Check("writes", State.PROBLEM, error.message)
        return
    yield Check("writes", State.OK, "they succeed")


def _log(store: SqlStore, settings: Settings) -> Iterator[Check]:
    """Whether the change log is as large as a server with these settings keeps it."""
    size = store.log_size()
    text = f"{count(size.rows, 'change')}, about {size_text(size.bytes)}"
    if size.age:
        text += f", the oldest {duration(size.age)} ago"
    over = []
    if settings.keep_changes_rows and size.rows > 2 * settings.keep_changes_rows:
        over.append(f"{settings.keep_changes_rows:,} changes")
    if settings.keep_changes_mib and size.bytes > 2 * settings.keep_changes_mib * 1024 * 1024:
        over.append(f"{settings.keep_changes_mib:,} MiB")
    kept = parse_duration(settings.keep_changes, "--keep-changes")
    late = kept is not None and size.age > 2 * kept.total_seconds() + 60
    if late and store.servers(storage.LIVE):  # without any, nobody compacts
        over.append(settings.keep_changes)
    if over:
        text += f"; over twice what is kept: {', '.join(over)}"
        yield Check("change log", State.WARNING, text, "kconv db compact")
        return
    yield Check("change log", State.OK, text)


def _place(place: StorePlace) -> Iterator[Check]:
    looks: tuple[Callable[[StorePlace], Iterator[Check]], ...] = (
        _record,
        _servers,
        _runs,
        _quarantine,
    )
    for look in looks:
        yield from look(place)


def _record(place: StorePlace) -> Iterator[Check]:
    """The versions on record: whether this code reads them, and whether each is needed."""
    status = storage.status(place)
    unknown = storage.undecodable(status)
    remedy = "install its package, or name it with --apis"
    if any(name == CRDS for name, _ in unknown):
        remedy += "; what CustomResourceDefinitions declare is served with --crds"
    for name, version in unknown:
        rows = count(version.rows, "row")
        text = f"{name}: this code cannot decode {version.api_version}, with {rows} in it"
        yield Check("record", State.PROBLEM, text, remedy)
    left = False
    for each in status:
        for version in each.versions:
            if version.preferred or (each.name, version) in unknown:
                continue
            left = True
            rows = count(version.rows, "row")
            text = f"{each.name}: {rows} in {version.api_version}, which is not preferred any more"
            if not version.rows:
                text = f"{each.name}: {version.api_version} is on record, without rows"
            yield Check("record", State.WARNING, text, "kconv migrate")
    if not unknown and not left:
        rows = count(sum(version.rows for each in status for version in each.versions), "row")
        resources = count(len(status), "resource")
        yield Check("record", State.OK, f"{resources}, each in one version; {rows}")


def _servers(place: StorePlace) -> Iterator[Check]:
    servers = place.servers(storage.LIVE)
    releases = sorted({each.release for each in servers})
    if len(releases) > 1:
        text = f"{count(len(servers), 'server')} of several releases: {', '.join(releases)}"
        yield Check("servers", State.WARNING, text, "end the rolling upgrade before a migration")
        return
    yield Check("servers", State.OK, f"{count(len(servers), 'server')} live")


def _runs(place: StorePlace) -> Iterator[Check]:
    going = storage.live_run(place)
    if going is not None:
        paused = " paused" if going.paused else ""
        text = f"run {going.id} goes on{paused}: {going.done:,} of {going.total:,} rows"
        yield Check("migration", State.OK, text)
        return
    stale = [each for each in place.runs() if each.state == "running"]
    if stale:
        text = f"run {stale[0].id} was cut off, and nobody holds it"
        yield Check("migration", State.WARNING, text, "kconv migrate")
        return
    yield Check("migration", State.OK, "none in progress")


def _quarantine(place: StorePlace) -> Iterator[Check]:
    rows = len(place.quarantined())
    if rows:
        text = f"{count(rows, 'row')} could not be rewritten"
        yield Check("quarantine", State.WARNING, text, "kconv migrate quarantine")
        return
    yield Check("quarantine", State.OK, "nothing is in it")


def _certificate(settings: Settings, now: datetime) -> Iterator[Check]:
    """The certificate that a server with these settings would serve with, and its key."""
    if not settings.tls_cert_file and not settings.tls_private_key_file:
        yield Check("certificate", State.OK, "none is configured")
        return
    certificate, key = Path(settings.tls_cert_file), Path(settings.tls_private_key_file)
    try:
        until = valid_until(certificate)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        text = f"{settings.tls_cert_file} and {settings.tls_private_key_file}: {reason}"
        yield Check("certificate", State.PROBLEM, text)
        return
    text = f"{certificate} ends on {until:%Y-%m-%d %H:%M} UTC"
    if until <= now:
        yield Check("certificate", State.PROBLEM, f"{text}: it has expired", "renew it")
    elif until - now < SOON:
        yield Check("certificate", State.WARNING, f"{text}, soon", "renew it")
    else:
        yield Check("certificate", State.OK, text)
