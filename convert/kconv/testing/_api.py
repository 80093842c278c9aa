"""`ApiTests`: which API to test, said in a conftest.py or a test module.

Imports nothing heavy, since the pytest plugin loads it into every test run.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kconv._scheme import Scheme


@dataclass(frozen=True, init=False)
class ApiTests:
    """The tests of an API package; pytest collects it wherever a module has one.

    ``apis`` name functions that register kinds with a `Scheme`, ``"shop.api:register"``;
    ``groups`` adds groups of installed packages, ``""`` being the core group. All of that is
    tested, or ``only`` some groups of it. ``golden`` is the
    folder of golden files, relative to the file that says so; None does without. ``examples`` is
    how many objects each property is tried with, unless ``--kconv-examples`` or
    ``KCONV_EXAMPLES`` says otherwise.

    With ``pytest --kconv`` three more count. ``cases`` is the folder of conversions that are
    written down, which need not be there, and ``lock`` that of lock files, both relative to the
    same file; None stands for that of the project (``kconv_lock`` in pytest's configuration).
    ``skew`` is how many of the latest releases must read what the code writes now.
    """

    apis: tuple[str, ...]
    groups: tuple[str, ...]
    only: tuple[str, ...] | None
    golden: Path | None
    examples: int
    lock: Path | None
    skew: int
    cases: Path | None

    def __init__(
        self,
        *apis: str,
        groups: Collection[str] = (),
        only: Collection[str] | None = None,
        golden: str | Path | None = "golden",
        examples: int = 25,
        lock: str | Path | None = None,
        skew: int = 1,
        cases: str | Path | None = "cases",
    ) -> None:
        object.__setattr__(self, "apis", apis)
        object.__setattr__(self, "groups", tuple(groups))
        object.__setattr__(self, "only", None if only is None else tuple(only))
        object.__setattr__(self, "golden", None if golden is None else Path(golden))
        object.__setattr__(self, "examples", examples)
        object.__setattr__(self, "lock", None if lock is None else Path(lock))
        object.__setattr__(self, "skew", skew)
        object.__setattr__(self, "cases", None if cases is None else Path(cases))

    def scheme(self) -> Scheme:
        """The frozen scheme of the API.

        Raises `UsageError` for a name that leads nowhere, `SchemeError` for what
        `Scheme.freeze` refuses, or when there is no kind to test.
        """
        from kconv._errors import SchemeError
        from kconv._scheme import installed_groups, load_scheme

        unknown = sorted(set(self.groups) - set(installed_groups()))
        if unknown:
            raise SchemeError(f"no installed package registers the groups {', '.join(unknown)}")
        scheme = load_scheme(self.groups, self.apis)
        if not scheme.kinds:
            raise SchemeError('nothing to test: name an API, ApiTests("module:function")')
        missing = sorted(set(self.only or ()) - set(scheme.groups()))
        if missing:
            raise SchemeError(f"no API package registers the groups {', '.join(missing)}")
        return scheme

    def tests(self, group: str) -> bool:
        """Whether a group is tested."""
        return self.only is None or group in self.only
