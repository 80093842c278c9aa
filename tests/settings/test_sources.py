"""Settings from flags, the environment and a file: one schema, one order, all mistakes named."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures import prepared
from kconv._errors import UsageError
from kconv._settings import Limits, Settings, declared, resolve

NAMES = [each.name for each in declared(Settings)]


def other(name: str) -> Any:
    """A value that is not the default."""
    setting = next(each for each in declared(Settings) if each.name == name)
    if setting.many:
        return ["one", "two"]
    if setting.type is bool:
        return True
    if setting.type in (int, float):
        return setting.default + 1
    return {"log_format": "json", "log_level": "error"}.get(name, "other")


def as_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_from_each_source(tmp_path: Path, name: str) -> None:
    setting = next(each for each in declared(Settings) if each.name == name)
    value = other(name)
    file = tmp_path / "kconv.yaml"
    file.write_text(yaml.safe_dump({name: value}))
    variables = {setting.variable: as_text(value)}

    def found(**sources: Any) -> tuple[Any, str]:
        resolved = resolve(**{"flags": {}, "environment": {}, **sources})
        return getattr(resolved.settings, name), resolved.origins[name][0]

    assert found() == (setting.default, "default")
    assert found(file=file) == (value, "file")
    assert found(environment=variables) == (value, "environment")
    assert found(flags={name: value}) == (value, "flag")
    file.write_text(yaml.safe_dump({name: setting.default}))
    assert found(file=file, environment=variables) == (value, "environment")
    assert found(file=file, environment=variables, flags={name: setting.default}) == (
        setting.default,
        "flag",
    )
    assert found(environment={"KCONV_SERVE_CONFIG": str(file)}) == (setting.default, "file")


def test_database_of_every_command(tmp_path: Path) -> None:
    file = tmp_path / "kconv.yaml"
    file.write_text("db: sqlite:///file.db")
    resolved = resolve({}, {"KCONV_DB": "sqlite:///shared.db"}, file)
    assert resolved.settings.db == "sqlite:///shared.db"
    both = {"KCONV_DB": "sqlite:///shared.db", "KCONV_SERVE_DB": "sqlite:///own.db"}
    assert resolve({}, both).settings.db == "sqlite:///own.db"


def test_api_packages_of_every_command() -> None:
    shared = {"KCONV_APIS": "a.b:c  d:e"}
    assert resolve({}, shared).settings.apis == ["a.b:c", "d:e"]
    both = {**shared, "KCONV_SERVE_APIS": "f:g,h:i"}
    assert resolve({}, both).settings.apis == ["f:g", "h:i"]


def test_every_mistake_is_named(tmp_path: Path) -> None:
    file = tmp_path / "kconv.yaml"
    file.write_text("prot: 1\nport: 70000\nmax_watches: many\naccess_log: 'yes'\nlog_format: xml\n")
    environment = {"KCONV_SERVE_MAX_REQUESTS": "0", "KCONV_SERVE_NONSENSE": "1"}
    with pytest.raises(UsageError) as caught:
        resolve({"header_timeout": -1.0}, environment, file)
    text = str(caught.value)
    for part in (
        "unknown key prot (is port meant?)",
        f"{file}: port: ",
        f"{file}: max_watches: ",
        f"{file}: access_log: ",
        f"{file}: log_format: ",
        "KCONV_SERVE_MAX_REQUESTS: ",
        "unknown environment variable KCONV_SERVE_NONSENSE",
        "--header-timeout: ",
    ):
        assert part in text, part


@pytest.mark.parametrize("text", ["- a\n", "a: [\n", "just text", "\x00"])
def test_file_that_is_no_configuration(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kconv.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match="the configuration"):
        resolve({}, {}, file)
    with pytest.raises(UsageError, match="cannot be read"):
        resolve({}, {}, tmp_path / "none.yaml")


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "kconv.yaml"
    file.write_text("# nothing yet\n")
    assert resolve({}, {}, file).settings == Settings()


def test_limits_are_settings() -> None:
    assert set(Limits.__struct_fields__) < set(NAMES)
    assert Settings() == Settings(**{name: getattr(Settings(), name) for name in NAMES})


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return prepared.run(
        [sys.executable, "-m", "kconv", "serve", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
        check=False,
    )


def test_print_config(tmp_path: Path) -> None:
    file = tmp_path / "kconv.yaml"
    file.write_text("port: 0\ndb: postgresql://me:secret@db.internal/kconv\n")
    ended = run("--config", str(file), "--print-config", "--access-log", KCONV_SERVE_APIS="a:b,c:d")
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert f"port: 0  # file {file}" in lines
    assert 'apis: ["a:b", "c:d"]  # environment KCONV_SERVE_APIS' in lines
    assert "access_log: true  # flag --access-log" in lines
    assert 'host: "127.0.0.1"  # default' in lines
    assert "secret" not in ended.stdout
    printed = yaml.safe_load(ended.stdout)
    assert list(printed) == NAMES
    # What is printed is a configuration that says the same.
    file.write_text(ended.stdout.replace("***", "secret"))
    again = run("--config", str(file), "--print-config")
    assert yaml.safe_load(again.stdout) == printed


def test_flags_that_are_wrong(tmp_path: Path) -> None:
    ended = run("--max-watches", "0")
    assert ended.returncode == 2
    assert "--max-watches: expected `int` >= 1" in ended.stderr
    assert run("--no-such-flag").returncode == 2
    file = tmp_path / "kconv.yaml"
    file.write_text(json.dumps({"nonsense": 1}))
    ended = run("--config", str(file))
    assert ended.returncode == 2
    assert "unknown key nonsense" in ended.stderr


def test_help_has_every_setting() -> None:
    text = run("--help", COLUMNS="200", NO_COLOR="1").stdout
    for each in declared(Settings):
        assert each.flag in text


def test_the_page_has_every_setting_and_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
    for each in declared(Settings):
        shown = f"`{json.dumps(each.default)}`" if each.default not in ("", []) else ""
        text = each.help.replace("|", "/")
        assert f"| `{each.name}` | {shown} | {text} |" in page, each.name
