"""``kconv ui``: a page to look at, without a server."""

from __future__ import annotations

from typing import Annotated

import typer

from kconv._cli.database import DEFAULT_DB
from kconv._cli.migrate_options import PlaceName
from kconv._cli.options import Apis, Db
from kconv._cli.sigterm import end_well_on_sigterm

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def ui(
    db: Db = DEFAULT_DB,
    place: PlaceName = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any free one.")] = 0,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the page in a browser, too.")
    ] = False,
    apis: Apis = None,
) -> None:
    """Open a page to look at: versions, objects in two versions, migrations.

    Listens on this machine only, until Ctrl-C or SIGTERM. Its link has a token in it, which is made
    anew each time: everybody who has the link may also pause, resume and undo runs. `kconv serve
    --ui` has the same page beside the API.
    """
    from kconv._cli.console import emit, say
    from kconv._cli.next_commands import next_command
    from kconv._cli.open_place import open_place
    from kconv._serve import Listen
    from kconv._ui import build

    opened = open_place(place, db, apis=apis or ())
    try:
        server, bound = build(
            opened, Listen(port=port), about=_about(place, db), typed=next_command
        )
        end_well_on_sigterm()

        def ready() -> None:
            emit(server.link)
            say("Ctrl-C ends it")
            if open_browser:
                import webbrowser

                webbrowser.open(server.link)

        server.on_ready = ready
        with bound:
            server.run(sockets=[bound])
    finally:
        opened.close()


def _about(place: str | None, db: str) -> str:
    """What the page is of; a database without its password."""
    from kconv._store.database import parse_url

    url = parse_url(db)
    # Parameters may hold a password as well.
    where = url.set(drivername=url.get_backend_name(), query={}).render_as_string()
    return f"{place} in {where}" if place else where
