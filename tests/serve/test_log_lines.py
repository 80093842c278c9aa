"""Log lines: what is in each, and that a flood of the same is counted instead."""

import json
import logging
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures import prepared
from kconv._serve.log_lines import JsonLines, RepeatLimit, TextLines
from kconv._serve.request_id import request_id
from kconv_migrations import _tables as db


def record(
    message: str = "a %s\nfailed", name: str = "kconv.x", **extra: object
) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.WARNING, __file__, 1, message, ("request",), None)
    vars(made).update(extra)
    return made


def test_text() -> None:
    line = TextLines().format(record())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z WARNING a request\nfailed", line)
    token = request_id.set(b"abc-1")
    try:
        assert " WARNING [abc-1] a request" in TextLines().format(record())
    finally:
        request_id.reset(token)


def test_json() -> None:
    token = request_id.set(b"abc-1")
    try:
        text = JsonLines().format(record(fields={"status": 200, "path": Path("/x")}))
    finally:
        request_id.reset(token)
    assert "\n" not in text
    line = json.loads(text)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "kconv.x",
        "message": "a request\nfailed",
        "request_id": "abc-1",
        "status": 200,
        "path": "/x",
    }


def test_traceback_is_in_the_line() -> None:
    try:
        raise ZeroDivisionError("by nought")
    except ZeroDivisionError:
        made = logging.LogRecord("x", logging.ERROR, __file__, 1, "m", None, sys.exc_info())
    assert "by nought" in json.loads(JsonLines().format(made))["exception"]
    assert TextLines().format(made).endswith("ZeroDivisionError: by nought")


def test_a_flood_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("kconv._serve.log_lines.time.monotonic", lambda: now)
    limit = RepeatLimit(most=3, seconds=10)
    assert [limit.filter(record()) for _ in range(10)] == [True] * 3 + [False] * 7
    assert limit.filter(record("another %s"))
    assert all(limit.filter(record(name="kconv.access")) for _ in range(10))
    now = 11.0
    next_one = record()
    assert limit.filter(next_one)
    assert TextLines().format(next_one).endswith("failed (7 more like it were left out)")


def test_files_with_secrets(tmp_path: Path) -> None:
    """A database is made for its owner alone; one that others may read is told of, and left."""
    file = tmp_path / "kconv.db"
    db.upgrade(f"sqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    tokens = tmp_path / "tokens"
    tokens.write_text("secret,ann,1\n")
    tokens.chmod(0o640)
    command = [sys.executable, "-m", "kconv", "serve", "--port", "0", "--db", f"sqlite:///{file}"]
    command += ["--token-auth-file", str(tokens), "--log-format", "json"]
    process = prepared.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("serving on")
    beside = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.glob("kconv.db-*")}
    process.terminate()
    _, said = process.communicate(timeout=30)
    messages = [json.loads(line)["message"] for line in said.splitlines()]
    assert messages == [
        f"{each} may be read by others on this machine: run chmod 600 {each}"
        for each in (file, tokens)
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert set(beside.values()) <= {0o644}
    assert process.returncode == 0


def test_files_beside_a_new_database_are_private(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kconv", "serve", "--port", "0"]
    command += ["--db", f"sqlite:///{tmp_path / 'new.db'}"]
    process = prepared.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("serving on")
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.glob("new.db*")}
    process.terminate()
    process.communicate(timeout=30)
    assert {"new.db", "new.db-wal"} <= set(modes)
    assert set(modes.values()) == {0o600}
