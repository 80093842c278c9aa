"""Where settings come from: flags, then the environment, then a file, then the defaults."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from kconv._errors import UsageError
from kconv._settings.declaration import PREFIX, Declared, declared
from kconv._settings.secrets import without_secrets
from kconv._settings.settings import Settings

Origin = Literal["default", "file", "environment", "flag"]

CONFIG_VARIABLE = f"{PREFIX}CONFIG"
SHARED_VARIABLES = {"KCONV_DB": "db", "KCONV_APIS": "apis"}
"""The variables that every command reads, serve as well, by the setting that each says."""

_LARGEST_FILE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings, and where each was said: the origin with the name that it has there."""

    settings: Settings
    origins: Mapping[str, tuple[Origin, str]]

    def table(self) -> list[tuple[str, Any, str]]:
        """Name, value and origin of each setting, passwords blanked, in their order."""
        rows = []
        for each in declared(Settings):
            value = getattr(self.settings, each.name)
            if each.name == "db":
                value = without_secrets(value)
            origin, where = self.origins[each.name]
            rows.append((each.name, value, origin if origin == "default" else f"{origin} {where}"))
        return rows


def resolve(
    flags: Mapping[str, Any],
    environment: Mapping[str, str] = os.environ,
    file: Path | None = None,
) -> Resolved:
    """The settings from all sources.

    ``flags`` has those that were given on the command line, by name. ``file`` is YAML; without
    one that the environment names. Raises `UsageError` that names every key that is
    unknown, and every value that does not fit.
    """
    known = {each.name: each for each in declared(Settings)}
    if file is None and environment.get(CONFIG_VARIABLE):
        file = Path(environment[CONFIG_VARIABLE])
    problems: list[str] = []
    values: dict[str, Any] = {}
    origins: dict[str, tuple[Origin, str]] = dict.fromkeys(known, ("default", ""))
    if file is not None:
        for name, value in _read(file).items():
            if name not in known:
                problems.append(f"{file}: unknown key {name}{_nearest(str(name), known)}")
            else:
                _take(known[name], value, ("file", str(file)), values, origins, problems)
    for variable, name in SHARED_VARIABLES.items():
        if text := environment.get(variable):
            values[name] = text.split() if known[name].many else text
            origins[name] = ("environment", variable)
    by_variable = {each.variable: each for each in known.values()}
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE:
            continue
        if variable not in by_variable:
            problems.append(f"unknown environment variable {variable}")
            continue
        setting = by_variable[variable]
        text = environment[variable]
        parsed = [part for part in text.split(",") if part] if setting.many else text
        _take(setting, parsed, ("environment", variable), values, origins, problems, strict=False)
    for name, value in flags.items():
        _take(known[name], value, ("flag", known[name].flag), values, origins, problems)
    if problems:
        raise UsageError("; ".join(problems))
    return Resolved(Settings(**values), origins)


def _take(
    setting: Declared,
    value: Any,
    origin: tuple[Origin, str],
    values: dict[str, Any],
    origins: dict[str, tuple[Origin, str]],
    problems: list[str],
    *,
    strict: bool = True,
) -> None:
    try:
        values[setting.name] = msgspec.convert(value, setting.checked, strict=strict)
        origins[setting.name] = origin
    except msgspec.ValidationError as error:
        where = origin[1] if origin[0] != "file" else f"{origin[1]}: {setting.name}"
        problems.append(f"{where}: {str(error)[:1].lower()}{str(error)[1:]}")


def _read(file: Path) -> dict[Any, Any]:
    # YAML is only loaded where there is a file.
    import yaml

    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            raise UsageError(f"the configuration {file} is over {_LARGEST_FILE} bytes")
        found = yaml.safe_load(data)
    except OSError as error:
        raise UsageError(f"the configuration {file} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, ValueError) as error:
        first = str(error).partition("\n")[0]
        raise UsageError(f"the configuration {file} is not YAML: {first}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UsageError(f"the configuration {file} is not a map of settings")
    return found


def _nearest(name: str, known: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name.replace("-", "_"), known, 1)
    return f" (is {near[0]} meant?)" if near else ""
