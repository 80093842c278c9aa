"""``kconv serve``: every version over HTTP."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv._cli.database import DEFAULT_DB
from kconv._cli.options import Apis, Db

if TYPE_CHECKING:
    from kconv._store import SqlStore

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command()
def serve(
    db: Db = DEFAULT_DB,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free one.")
    ] = 8001,
    runtime_config: Annotated[
        str,
        typer.Option(
            metavar="VERSION=BOOL,...",
            help="Versions to turn on or off, such as batch/v2alpha1=true; alpha ones are off.",
        ),
    ] = "",
    apis: Apis = None,
    token_auth_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Lines of token,user,uid: requests need one of them."),
    ] = None,
    tls_cert_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificate, to serve HTTPS.")
    ] = None,
    tls_private_key_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The certificate's private key.")
    ] = None,
    cache_mib: Annotated[
        int, typer.Option(min=0, help="MiB of memory to cache encoded objects in; 0: none.")
    ] = 64,
    access_log: Annotated[bool, typer.Option("--access-log", help="Log each request.")] = False,
) -> None:
    """Serve every version of every kind over HTTP, as a Kubernetes API server does.

    Creates the tables in an empty database. Refuses to start (exit code 3) if the database
    holds objects in a version that it cannot decode. Listens on this machine only, unless tokens
    and TLS are configured. On SIGTERM, running requests finish and watches end.
    """
    from kconv._cli.console import emit
    from kconv._scheme import load_scheme
    from kconv._serve import Listen, build, served_versions

    scheme = load_scheme(apis=apis or ())
    served = served_versions(scheme, runtime_config)
    listen = Listen(host, port, token_auth_file, tls_cert_file, tls_private_key_file)
    listen.check()
    signal.signal(signal.SIGTERM, _end)
    store = _open(db)
    try:
        server, bound = build(
            scheme,
            store,
            listen,
            served=served,
            access_log=access_log,
            cache_bytes=cache_mib * 1024 * 1024,
        )
        address, chosen = bound.getsockname()[:2]
        url = f"{listen.scheme}://{f'[{address}]' if ':' in address else address}:{chosen}"
        try:
            with bound:
                server.prepare()
                emit(f"serving on {url}; try: kubectl --server {url} get cronjobs -A")
                server.run(sockets=[bound])
        finally:
            server.leave()
    finally:
        store.close()


def _open(db: str) -> SqlStore:
    """Open the store, with its tables made in an empty database."""
    from kconv._cli.console import say
    from kconv._store import open_store
    from kconv_migrations._tables import is_empty, upgrade

    if is_empty(db):
        say(f"empty database: created the tables, revision {upgrade(db)}")
    return open_store(db)


def _end(signum: int, frame: Any) -> None:
    """The server has drained by the time it passes SIGTERM on: that is a good end."""
    raise SystemExit(0)
