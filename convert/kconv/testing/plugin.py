"""The pytest plugin: collects what every `ApiTests` in a conftest.py or a test module promises.

It is installed as the entry point ``kconv`` of pytest, and costs other test runs next to nothing:
schemas, Hypothesis and the engines load when there is an `ApiTests` to collect.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from kconv.testing.api import ApiTests


def pytest_addoption(parser: pytest.Parser) -> None:
    """The switches of the command line."""
    group = parser.getgroup("kconv", "tests of API versions")
    group.addoption(
        "--kconv-examples",
        type=int,
        metavar="N",
        help="try each property of a version with N objects (default: $KCONV_EXAMPLES, then what "
        "ApiTests says, then 25)",
    )
    group.addoption(
        "--kconv-update",
        action="store_true",
        help="write the golden files of HEAD instead of comparing with them",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The tests that a conftest.py declares."""
    patterns: list[str] = parent.config.getini("python_files")
    is_module = any(fnmatch.fnmatch(file_path.name, pattern) for pattern in patterns)
    if is_module or parent.session.isinitpath(file_path):
        return None  # pytest asks for its module, below
    return _conftest(file_path, parent)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: Any) -> pytest.Collector | None:
    """The tests that a conftest.py declares, where it is named on the command line."""
    return _conftest(module_path, parent)


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> pytest.Collector | None:
    """The tests that a test module declares."""
    return _suite(collector, name, obj) if isinstance(obj, ApiTests) else None


def _conftest(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if path.name != "conftest.py":
        return None
    module = parent.config.pluginmanager.get_plugin(str(path))
    declared = {n: each for n, each in vars(module or object).items() if isinstance(each, ApiTests)}
    if not declared:
        return None
    file: Conftest = Conftest.from_parent(parent, path=path)
    file.declared = declared
    return file


def _suite(parent: pytest.Collector, name: str, api: ApiTests) -> pytest.Collector:
    from kconv.testing.suite import Suite

    suite: Suite = Suite.from_parent(parent, name=name)
    suite.api = api
    return suite


class Conftest(pytest.File):
    """A conftest.py with `ApiTests` in it."""

    declared: dict[str, ApiTests]

    def collect(self) -> Iterable[pytest.Collector]:
        """A suite for each."""
        return [_suite(self, name, api) for name, api in self.declared.items()]
