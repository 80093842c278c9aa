"""Edits of the schema modules themselves: a copy under another name, changed and imported."""

from __future__ import annotations

import importlib
import importlib.abc
import re
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import yaml

import kconv_schemas
from kconv._check.lock import Locks, locks_of
from kconv._scheme import Scheme, load_scheme

SOURCE = Path(kconv_schemas.__file__).parent

NAME = "mutant"


class ModuleEdit(NamedTuple):
    """In ``file`` the first match of ``find`` becomes ``by``."""

    family: str
    level: str
    file: str
    find: str
    by: str


EDITS = [
    ModuleEdit(**each)
    for each in yaml.safe_load((Path(__file__).parent / "modules.yaml").read_text())
]
"""Every module edit; the family says in `policy` whether it breaks."""


class Mutants(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the shipped modules as `mutant`, from their sources with one edit made."""

    def __init__(self) -> None:
        self.edit: ModuleEdit | None = None
        self._compiled: dict[Path, CodeType] = {}

    def locks_after(self, edit: ModuleEdit) -> Locks:
        """The locks of the group that an edit is in, and of those that build on it.

        Raises ``AssertionError`` where the edit does not apply.
        """
        group = edit.file.split("/")[0]
        groups = ["core", "batch"] if group == "core" else ["core", group]
        self.edit = edit
        sys.meta_path.insert(0, self)
        try:
            scheme = Scheme()
            for each in groups:
                importlib.import_module(f"{NAME}.{each}").register(scheme)
            return locks_of(scheme.freeze())
        finally:
            sys.meta_path.remove(self)
            for module in [each for each in sys.modules if each.split(".")[0] == NAME]:
                del sys.modules[module]

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname.split(".")[0] != NAME or not self._path(fullname).exists():
            return None
        package = self._path(fullname).name == "__init__.py"
        return ModuleSpec(fullname, self, is_package=package)

    def get_source(self, fullname: str) -> str:
        return self._path(fullname).read_text().replace("kconv_schemas", NAME)

    def get_code(self, fullname: str) -> CodeType:
        path, edit = self._path(fullname), self.edit
        if edit is not None and path == SOURCE / edit.file:
            text, times = re.subn(edit.find, edit.by, self.get_source(fullname), count=1)
            assert times, f"{edit.file} has nothing like {edit.find}"
            return compile(text, str(path), "exec")
        if path not in self._compiled:
            self._compiled[path] = compile(self.get_source(fullname), str(path), "exec")
        return self._compiled[path]

    def is_package(self, fullname: str) -> bool:
        return self._path(fullname).name == "__init__.py"

    def _path(self, fullname: str) -> Path:
        base = SOURCE.joinpath(*fullname.split(".")[1:])
        return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def shipped() -> Locks:
    """The locks of the groups as they are."""
    return locks_of(load_scheme())
