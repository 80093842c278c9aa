"""What holds for every command: speed, exit codes, pipes, interruption, completion."""

import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import IO

import pytest

from cli.samples import CRONJOB, Kconv, run_process

COMMANDS = ["demo", "serve", "convert", "migrate", "versions", "check", "lock", "import", "db"]


def loaded_by(tmp_path: Path, *arguments: str) -> set[str]:
    """The modules that a command imports, by their first two names."""
    script = (
        "import sys\n"
        "from kconv._cli.run import run\n"
        f"code = run({list(arguments)!r})\n"
        "assert code == 0, code\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    names = ended.stderr.split()
    return {".".join(name.split(".")[:2]) for name in names} | {n.split(".")[0] for n in names}


HEAVY = {"sqlalchemy", "alembic", "starlette", "uvicorn", "anyio", "prometheus_client", "psycopg"}


def test_help_imports_next_to_nothing(tmp_path: Path) -> None:
    loaded = loaded_by(tmp_path, "--help")
    assert not loaded & {*HEAVY, "marshmallow", "msgspec", "yaml", "kconv_schemas"}


def test_converting_a_file_imports_its_group_only(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CRONJOB)
    loaded = loaded_by(tmp_path, "convert", "-f", "a.yaml")
    assert "kconv_schemas.batch" in loaded
    assert not loaded & {
        *HEAVY,
        "kconv_schemas.autoscaling",
        "rich",
        "kconv._store",
        "kconv._serve",
    }


@pytest.mark.parametrize("command", [[name] for name in COMMANDS] + [["migrate", "status"]])
def test_every_command_has_help(kconv: Kconv, command: list[str]) -> None:
    ended = kconv(*command, "--help")
    assert ended.code == 0
    assert f"Usage: kconv {' '.join(command)}" in ended.out


def test_root_help_lists_every_command(kconv: Kconv) -> None:
    ended = kconv("-h")
    assert ended.code == 0
    assert all(f" {name} " in ended.out for name in COMMANDS)


def test_version(kconv: Kconv) -> None:
    import kconv as package

    assert kconv("--version").out == f"kconv {package.__version__}\n"


@pytest.mark.parametrize("arguments", [["nope"], ["db", "nope"], ["versions", "-o", "xml"]])
def test_wrong_command_line(kconv: Kconv, arguments: list[str]) -> None:
    ended = kconv(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: ")
    assert "--help` lists the options" in ended.err
    assert "Value error" not in ended.err


def test_no_arguments_show_help(kconv: Kconv) -> None:
    ended = kconv("convert")
    assert (ended.code, ended.err) == (2, "")
    assert "Usage: kconv convert" in ended.out


@pytest.mark.parametrize("flags", [[], ["-u"]])
def test_reader_that_goes_away(tmp_path: Path, flags: list[str]) -> None:
    (tmp_path / "a.yaml").write_text("---\n".join([CRONJOB] * 300))
    process = subprocess.Popen(
        [sys.executable, *flags, "-m", "kconv", "convert", "-f", "a.yaml"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(30) == 141
    process.stderr.close()


def unread(pipe: IO[bytes]) -> int:
    """How many bytes of a pipe its reader has not taken yet."""
    (left,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
    return int(left)


def test_interruption(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "kconv", "convert", "-f", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    process.stdin.write(b"kind: ")
    process.stdin.flush()
    deadline = time.monotonic() + 30
    while unread(process.stdin):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, b"interrupted\n")


def test_interruption_while_a_string_is_executed(tmp_path: Path) -> None:
    """Python remembers such a Ctrl-C as not dealt with, and a module would end by the signal."""
    (tmp_path / "interrupted.py").write_text(
        "import kconv._cli.convert_files as module\n"
        "def convert_and_write(**_): exec('raise KeyboardInterrupt')\n"
        "module.convert_and_write = convert_and_write\n"
        "from kconv._cli import main\n"
        "main()\n"
    )
    command = [sys.executable, "-m", "interrupted", "convert", "-f", "-"]
    ended = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (130, b"interrupted\n")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("kconv mig", "migrate"),
        ("kconv db up", "upgrade"),
        ("kconv convert --output-version batch/v1b", "batch/v1beta1"),
        ("kconv migrate --to autoscaling=v2", "autoscaling=v2"),
    ],
)
def test_shell_completion(words: str, offered: str) -> None:
    environment = {
        **os.environ,
        "_KCONV_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    ended = subprocess.run(
        [Path(sys.executable).parent / "kconv"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert offered in ended.stdout.split()


def test_colour_is_for_terminals(tmp_path: Path) -> None:
    for arguments in (["convert", "-f", "nope"], ["versions"], ["--help"]):
        ended = run_process(*arguments, folder=tmp_path)
        assert "\x1b" not in ended.out + ended.err


def test_standard_output_that_is_closed(tmp_path: Path) -> None:
    """Nothing is begun: no database is made, and none is opened in the place of the output."""
    script = 'exec "$0" -m kconv "$@" >&-'
    for arguments in (["migrate", "--db", "sqlite:///a.db"], ["db", "upgrade", "--db", "a.db"]):
        ended = subprocess.run(
            ["sh", "-c", script, sys.executable, *arguments],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert ended.returncode == 3
        assert ended.stderr.startswith("error: standard output is closed: ")
    assert list(tmp_path.iterdir()) == []
