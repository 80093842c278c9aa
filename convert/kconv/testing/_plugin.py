"""The pytest plugin: collects what every `ApiTests` in a conftest.py or a test module promises.

It is installed as the entry point ``kconv`` of pytest, and costs other test runs next to nothing:
schemas, Hypothesis and the engines load when there is an `ApiTests` to collect. With ``--kconv``
each also checks the lock files, and where there is none the project's APIs are tested as if there
were one.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from kconv.testing._api import ApiTests

_COLLECTED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The switches of the command line."""
    group = parser.getgroup("kconv", "tests of API versions")
    group.addoption(
        "--kconv",
        action="store_true",
        help="also compare the schemas with the lock files, and past releases with what is written "
        "now; without an ApiTests anywhere, test what is installed and what kconv_apis names",
    )
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
        help="write the golden files of HEAD instead of comparing with them; with --kconv the lock "
        "files too",
    )
    parser.addini(
        "kconv_apis",
        "module:function of API packages to load too, beside those that are installed; --kconv "
        "tests all of them where there is no ApiTests",
        type="args",
        default=[],
    )
    parser.addini(
        "kconv_groups",
        "the only groups that --kconv tests; core is the core group",
        type="args",
        default=[],
    )
    parser.addini("kconv_golden", "its folder of golden files", default="tests/golden")
    parser.addini(
        "kconv_cases", "the folder of conversions that are written down", default="tests/cases"
    )
    parser.addini("kconv_lock", "the project's folder of lock files", default="lock")
    parser.addini("kconv_release", "the release that is being made, such as 1.4", default="")


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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """The tests of a project that declares none, with ``--kconv``."""
    if not config.getoption("kconv") or any("::" in argument for argument in config.args):
        return
    modules = config.pluginmanager.get_plugins()
    declared = any(
        isinstance(each, ApiTests) for module in modules for each in _names(module).values()
    )
    if declared or config.stash.get(_COLLECTED, False):
        return
    items.extend(session.genitems(_suite(session, "kconv", _configured(config), nodeid="kconv")))


def _configured(config: pytest.Config) -> ApiTests:
    from kconv._scheme import installed_groups

    apis: list[str] = config.getini("kconv_apis")
    only = ["" if name == "core" else name for name in config.getini("kconv_groups")]
    golden = config.rootpath / str(config.getini("kconv_golden"))
    cases = config.rootpath / str(config.getini("kconv_cases"))
    return ApiTests(
        *apis, groups=installed_groups(), only=only or None, golden=golden, cases=cases
    )  # fmt: skip


def _names(module: object) -> dict[str, object]:
    return getattr(module, "__dict__", {})


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


def _suite(
    parent: pytest.Collector, name: str, api: ApiTests, nodeid: str | None = None
) -> pytest.Collector:
    from kconv.testing._suite import Suite

    parent.config.stash[_COLLECTED] = True
    suite: Suite = Suite.from_parent(parent, name=name, nodeid=nodeid)
    suite.api = api
    return suite


class Conftest(pytest.File):
    """A conftest.py with `ApiTests` in it."""

    declared: dict[str, ApiTests]

    def collect(self) -> Iterable[pytest.Collector]:
        """A suite for each."""
        return [_suite(self, name, api) for name, api in self.declared.items()]
