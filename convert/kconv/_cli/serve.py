"""``kconv serve``: every version over HTTP."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv._cli.next_commands import note_database
from kconv._cli.sigterm import end_well_on_sigterm
from kconv._settings import Declared, Resolved, Settings, declared, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from kconv._serve import Tokens
    from kconv._serve.app import Apart
    from kconv._serve.processes import Shared
    from kconv._store import SqlStore

CRDS = "apiextensions.k8s.io/v1"

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_METAVARS = {
    "db": "URL",
    "group": "GROUP",
    "apis": "MODULE:FUNCTION",
    "webhook_service": "SERVICE=ADDRESS",
    "proxy_allow": "SERVICE=WHO",
    "proxy_service": "SERVICE=URL",
    "runtime_config": "VERSION=BOOL,...",
    "log_format": "text|json",
    "log_level": "debug|info|warning|error",
    "allowed_host": "NAME",
    "trusted_proxy": "ADDRESS",
    "token_auth_file": "FILE",
    "tls_cert_file": "FILE",
    "tls_private_key_file": "FILE",
}


def serve(config: Path | None = None, print_config: bool = False, **given: Any) -> None:
    """Serve every version of every kind over HTTP, as a Kubernetes API server does.

    Creates the tables in an empty database. Refuses to start (exit code 3) if the database
    holds objects in a version that it cannot decode. Listens on this machine only, unless tokens
    and TLS are configured. On SIGTERM, running requests finish and watches end.

    Each option is also a key of the --config file (tls_cert_file) and an environment variable
    (KCONV_SERVE_TLS_CERT_FILE); an option wins over a variable, and that over the file.
    """
    flags = {name: value for name, value in given.items() if value not in (None, [])}
    resolved = resolve(flags, file=config)
    note_database(resolved.settings.db, resolved.origins["db"])
    if print_config:
        _print(resolved)
        return
    run_server(resolved.settings)


def run_server(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, with one process or several."""
    import platform

    from kconv._cli.console import emit, say
    from kconv._cli.first_look import own_groups, versions_that_are_off, what_to_get
    from kconv._cli.last_resort import LastResort
    from kconv._crds import services_of
    from kconv._errors import UsageError
    from kconv._scheme import indexed_packages, load_scheme
    from kconv._serve import Listen, build, run_processes, served_versions
    from kconv._serve.log_lines import configure
    from kconv._serve.proxy import access_of, proxy_services_of

    configure(settings.log_format, settings.log_level)
    crds = indexed_packages(CRDS) if settings.crds else []
    if settings.crds and not crds:
        raise UsageError(f"--crds: no installed package has {CRDS}; install kconv_schemas")
    services = services_of(settings.webhook_service)
    proxied = proxy_services_of(settings.proxy_service)
    access_of(settings.proxy_allow, proxied, tokens=bool(settings.token_auth_file))
    scheme = load_scheme(apis=[*settings.apis, *crds]).without_documents()
    groups = ["" if name == "core" else name for name in settings.group] or None
    if groups is not None and crds:
        groups.append(CRDS.partition("/")[0])
    served = served_versions(scheme, settings.runtime_config, groups)
    listen = Listen(
        settings.host,
        settings.port,
        _path(settings.token_auth_file),
        _path(settings.tls_cert_file),
        _path(settings.tls_private_key_file),
        allowed_hosts=settings.allowed_host,
        trusted_proxies=settings.trusted_proxy,
    )
    listen.check()
    if settings.ui and settings.processes > 1:
        raise UsageError("--ui is for one process: run `kconv ui` beside a server with several")
    _warn_of_readers(settings)
    end_well_on_sigterm()
    own = own_groups(scheme, settings.apis)
    for gv in versions_that_are_off(scheme, served, groups or own):
        say(f"{gv} is off: --runtime-config {gv}=true serves it")
    example = what_to_get(scheme, served, own)

    def ready(bound: Any) -> None:
        here = listen.local_url(bound)
        login = " --token TOKEN" if settings.token_auth_file else ""
        emit(f"serving on {listen.url(bound)}; try: kubectl --server {here}{login} get {example}")
        if settings.ui:
            emit(f"the page to look at: {here}/ui/")

    def pages(store: SqlStore) -> Callable[[Tokens | None], Apart]:
        from kconv._pipeline import Pipeline
        from kconv._store import StorePlace
        from kconv._ui import Pages

        place = StorePlace(store, scheme, groups, settings.apis)
        return lambda tokens: Pages(
            place,
            Pipeline(scheme),
            served=served,
            tokens=tokens,
            secure=listen.scheme == "https",
            about=f"kconv serve on {platform.node()}",
        )

    def serve_one(shared: Shared | None = None) -> None:
        store = _open(settings.db)
        try:
            server, bound = build(
                scheme,
                store,
                listen,
                served=served,
                access_log=settings.access_log,
                cache_bytes=settings.cache_mib * 1024 * 1024,
                limits=settings,
                garbage_collection=settings.garbage_collection,
                bound=shared.bound if shared else None,
                pages=pages(store) if settings.ui else None,
                services=services,
                proxy=dict(each.partition("=")[::2] for each in settings.proxy_service),
                proxy_allow=_by_service(settings.proxy_allow),
            )
            server.ends_within = LastResort().within
            server.on_ready = shared.on_ready if shared else (lambda: ready(bound))
            if shared:
                server.share_metrics(shared.folder, shared.number)
                server.connections.own_count = shared.own_count
            with bound:
                server.run(sockets=[bound])
        finally:
            store.close()

    if settings.processes == 1:
        serve_one()
        return
    _open(settings.db).close()
    run_processes(settings.processes, listen, serve_one, ready, grace=settings.shutdown_grace)


def _open(db: str) -> SqlStore:
    """Open the store, with its tables made in an empty database."""
    from kconv._cli.console import say
    from kconv._store import open_store
    from kconv_migrations._tables import is_empty, upgrade

    if is_empty(db):
        say(f"empty database: created the tables, revision {upgrade(db)}")
    return open_store(db)


def _warn_of_readers(settings: Settings) -> None:
    """Say which files with secrets in them others on this machine may read."""
    import logging

    database = settings.db.partition(":///")[2] if settings.db.startswith("sqlite") else ""
    for file in (database, settings.token_auth_file, settings.tls_private_key_file):
        path = Path(file)
        if file and path.is_file() and path.stat().st_mode & 0o077:
            logging.getLogger("kconv").warning(
                "%s may be read by others on this machine: run chmod 600 %s", path, path
            )


def _by_service(rules: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place, _, whom in (each.partition("=") for each in rules):
        found.setdefault(place, []).extend(whom.split(","))
    return found


def _path(name: str) -> Path | None:
    return Path(name) if name else None


def _print(resolved: Resolved) -> None:
    """Write the settings as the file that would say the same, with where each is from."""
    import json

    from kconv._cli.console import emit

    for name, value, origin in resolved.table():
        emit(f"{name}: {json.dumps(value)}  # {origin}")


def _parameter(setting: Declared) -> inspect.Parameter:
    """The option of a setting; not given is None, so that other sources can say it."""
    shown = setting.default if setting.default not in ("", [], False) else None
    kind = setting.type
    if kind not in (int, float, bool) and not setting.many:
        kind = str
    names = [setting.flag]
    if setting.type is bool:
        names = [f"{setting.flag}/--no-{setting.flag[2:]}"]
    option = typer.Option(
        *names,
        metavar=_METAVARS.get(setting.name),
        help=setting.help if shown is None else f"{setting.help} Default: {shown}.",
    )
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind | None, option],
    )


def _command() -> Any:
    parameters = [
        inspect.Parameter(
            "config",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                Path | None,
                typer.Option(metavar="FILE", help="Settings in YAML; $KCONV_SERVE_CONFIG."),
            ],
        ),
        inspect.Parameter(
            "print_config",
            inspect.Parameter.KEYWORD_ONLY,
            default=False,
            annotation=Annotated[
                bool,
                typer.Option("--print-config", help="Print every setting and its source, and end."),
            ],
        ),
        *(_parameter(setting) for setting in declared(Settings)),
    ]
    # Typer reads both: a command's options are the settings, wherever these are declared.
    serve.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # any function has it
    serve.__annotations__ = {each.name: each.annotation for each in parameters}
    return serve


app.command()(_command())
