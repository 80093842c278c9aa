"""Commands that messages name: typed as they stand, they go where this one went."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.samples import Ended
from kconv._cli import next_commands
from kconv._cli.app import command
from kconv._cli.next_commands import APIS, CONFIG, DB, PLACE, TAKES, with_given_options
from kconv._errors import UsageError

OURS = {DB, PLACE, APIS, CONFIG}
BY_CHOICE = {("check", DB): "reads a database with --stored only"}


@pytest.fixture(autouse=True)
def nothing_given() -> Iterator[None]:
    yield
    next_commands.note(())


def commands() -> Iterator[tuple[str, set[str]]]:
    """Every command that does something, with the options that may go on to it."""

    def walk(each: Any, words: list[str], parent: Any) -> Iterator[tuple[str, set[str]]]:
        context = typer.Context(each, info_name=words[-1] if words else "kconv", parent=parent)
        if not hasattr(each, "list_commands"):
            yield " ".join(words), OURS & {option for item in each.params for option in item.opts}
            return
        for name in each.list_commands(context):
            yield from walk(each.get_command(context, name), [*words, name], context)

    yield from walk(command(), [], None)


def test_the_table_is_that_of_the_command_line() -> None:
    next_commands.note(["--db", "D", "--place", "P", "--apis", "A", "--config", "C"])
    real = dict(commands())
    assert {" ".join(each.split()[:2]) for each in TAKES} - {*real} == {"migrate", "db"}
    for words, options in real.items():
        shown = with_given_options(f"`kconv {words}`")
        carried = OURS & {*shlex.split(shown[1:-1])}
        left_out = {option for name, option in BY_CHOICE if name == words}
        assert carried == options - left_out, words


@pytest.mark.parametrize(
    ("given", "text", "shown"),
    [
        ([], "`kconv migrate` goes on", "`kconv migrate` goes on"),
        (["--db", "x.db"], "`kconv migrate --to` flips", "`kconv migrate --db x.db --to` flips"),
        (["--db=x.db"], "`kconv db upgrade --db y.db`", "`kconv db upgrade --db y.db`"),
        (["--db", "x.db"], "kconv migrate, in prose", "kconv migrate, in prose"),
        (["--db", "x.db"], "`kubectl get`", "`kubectl get`"),
        (["--db", "x.db"], "`kconv versions` lists them", "`kconv versions` lists them"),
        (["--", "--db", "x.db"], "`kconv migrate`", "`kconv migrate`"),
        (
            ["--apis", "a:b", "--apis=c:d"],
            "`kconv migrate quarantine show KEY` or `kconv migrate pause`",
            "`kconv migrate quarantine show --apis a:b --apis c:d KEY` or `kconv migrate pause`",
        ),
        (
            ["--place", "cluster", "--context", "prod"],
            "`kconv migrate drop-undo 2026`",
            "`kconv migrate drop-undo --place cluster:prod 2026`",
        ),
        (
            ["--place", "files:my folder"],
            "`kconv migrate`",
            "`kconv migrate --place 'files:my folder'`",
        ),
        (
            ["--db", "postgresql://me:hush@host/x?sslmode=require&password=hush"],
            "`kconv db upgrade`",
            "`kconv db upgrade --db 'postgresql://me:***@host/x?sslmode=require&password=***'`",
        ),
        (
            ["--config", "serve.yaml"],
            "`kconv serve`, then `kconv db upgrade`",
            "`kconv serve --config serve.yaml`, then `kconv db upgrade`",
        ),
    ],
)
def test_what_was_given_goes_on(given: list[str], text: str, shown: str) -> None:
    next_commands.note(given)
    assert with_given_options(text) == shown


def test_the_page_names_what_can_be_typed(
    kconv: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def build(*_: object, typed: Callable[[str], str], **__: object) -> None:
        seen.append(typed("kconv migrate verify"))
        raise UsageError("that is enough")

    monkeypatch.setattr("kconv._ui.build", build)
    url = f"sqlite:///{tmp_path}/page.db"
    assert kconv("db", "upgrade", "--db", url).code == 0
    assert "that is enough" in kconv("ui", "--db", url).err
    assert seen == [f"kconv migrate verify --db {url}"]


def test_doctor_names_what_can_be_typed(
    kconv: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever way the database was named, the next command makes its tables."""
    settings = tmp_path / "serve.yaml"
    for given in ("flag", "file", "environment"):
        file = tmp_path / f"{given}.db"
        url = f"sqlite:///{file}"
        settings.write_text(f"db: {url}\n")
        options = {"flag": ["--db", url], "file": ["--config", str(settings)]}.get(given, [])
        if given == "environment":
            monkeypatch.setenv("KCONV_SERVE_DB", url)
        ended = kconv("doctor", *options)
        assert ended.code == 0, ended.err
        (typed,) = re.findall("next: kconv (.*)", ended.out)
        assert kconv(*shlex.split(typed)).code == 0
        assert file.exists(), typed
        assert "next:" not in kconv("doctor", *options).out
