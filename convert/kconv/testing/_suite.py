"""`Suite`: the tests of one `ApiTests`, a named one for each promise of each version."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pytest

from kconv._errors import KconvError
from kconv._pipeline import Pipeline, PlainEngine
from kconv._pipeline.compiled import CompiledEngine
from kconv._scheme import Scheme, Spoke
from kconv._scheme.ledger import Entry, ledger
from kconv.testing import _cases as written_cases
from kconv.testing import _engines as engines
from kconv.testing import _golden as golden
from kconv.testing import _inputs_unmodified as inputs_unmodified
from kconv.testing import _lock_test as lock_test
from kconv.testing import _roundtrip as roundtrip
from kconv.testing import _skew as skew
from kconv.testing._api import ApiTests
from kconv.testing._failure import Broken
from kconv.testing._names import group_of, slug, title
from kconv.testing._refused import Refusing
from kconv.testing._release import latest

Check = Callable[[dict[str, Any]], None]


class Suite(pytest.Collector):
    """Collects the tests of an API."""

    api: ApiTests

    def collect(self) -> Iterable[pytest.Item]:
        """An item for each promise; a collection error where the API is incomplete."""
        try:
            import hypothesis  # noqa: F401 - only to know whether it is there
        except ImportError:
            raise self.CollectError(
                "kconv's tests of API versions need Hypothesis: pip install 'kconv[testing]'"
            ) from None
        try:
            self.scheme: Scheme = self.api.scheme()
            tests = list(self._tests())
        except KconvError as error:
            raise self.CollectError(f"{self.name}: {error}") from None
        for name, run in tests:
            yield Promise.from_parent(self, name=name, run=run)

    def _tests(self) -> Iterator[tuple[str, Callable[[], None]]]:
        spokes = [each for each in golden.spokes_of(self.scheme) if self.api.tests(each.gvk.group)]
        if self.whole:
            for group in filter(self.api.tests, self.scheme.groups()):
                yield f"check[{group or 'core'}]", partial(self._check, group)
        for spoke in spokes:
            name = slug(spoke)
            yield f"round_trip[{name}]", self._tried(spoke, roundtrip.round_trip)
            yield f"hub_round_trip[{name}]", self._tried(spoke, roundtrip.hub_round_trip)
            yield f"defaulting[{name}]", self._tried(spoke, roundtrip.defaulting)
            yield f"input_kept[{name}]", partial(self._input_kept, spoke)
            yield f"engines_decode_alike[{name}]", partial(self._decode_alike, spoke)
            yield f"engines_convert_alike[{name}]", partial(self._convert_alike, spoke)
        for kind in self.scheme.kinds:
            for entry in filter(self._tests_entry, ledger(kind)):
                one, other = slug(entry.source), slug(entry.target)
                check = partial(self._pair, entry.source, entry.target)
                yield f"there_and_back[{one}-{other}]", check
        yield from self._cases()
        if self.golden is not None:
            yield from self._golden(spokes, self.golden)

    def _cases(self) -> Iterator[tuple[str, Callable[[], None]]]:
        folder = self.api.cases and (self.path.parent / self.api.cases).resolve()
        if not self.whole or folder is None or not folder.is_dir():
            return
        for case in written_cases.cases(folder):
            spoke = written_cases.source_of(self.compiled, case)
            if spoke is None or self.api.tests(spoke.gvk.group):
                yield f"case[{case.name}]", partial(written_cases.holds, self.compiled, case)

    def _golden(
        self, spokes: list[Spoke], folder: Path
    ) -> Iterator[tuple[str, Callable[[], None]]]:
        for spoke in spokes:
            yield f"golden[HEAD/{slug(spoke)}]", partial(self._head, folder, spoke)
        yield "golden[HEAD]", partial(self._strays, folder)
        for release, name in golden.releases(folder):
            if not self.api.tests(group_of(name)):
                continue
            hold = partial(golden.release_holds, self.compiled, folder, release, name)
            yield f"golden[{release}/{name}]", hold
        for release in latest(folder, self.api.skew) if self.whole else ():
            locks = skew.locks_in(folder, release)
            for spoke in spokes:
                lock = locks.get(spoke.gvk.group_version)
                if lock is not None and spoke.options.kind in lock.kinds:
                    read = partial(skew.read_by, self.compiled, release, locks, spoke)
                    yield f"read_by[{release}/{slug(spoke)}]", read

    def _tests_entry(self, entry: Entry) -> bool:
        return self.api.tests(entry.source.gvk.group) and self.api.tests(entry.target.gvk.group)

    @property
    def whole(self) -> bool:
        """Whether lock files are looked at too: ``--kconv``."""
        return bool(self.config.getoption("kconv"))

    @property
    def lock(self) -> Path:
        """The folder of lock files."""
        if self.api.lock is not None:
            return (self.path.parent / self.api.lock).resolve()
        return self.config.rootpath / str(self.config.getini("kconv_lock"))

    def command(self, name: str = "") -> str:
        """How to run the suite, or one test of it."""
        if isinstance(self.parent, pytest.Session):
            return f"pytest --kconv -k '{name}'" if name else "pytest --kconv"
        nodeid = f"{self.nodeid}::{name}" if name else self.nodeid
        return f"pytest {'--kconv ' if self.whole else ''}'{nodeid}'"

    @cached_property
    def golden(self) -> Path | None:
        """The folder of golden files."""
        return None if self.api.golden is None else (self.path.parent / self.api.golden).resolve()

    @cached_property
    def plain(self) -> Pipeline:
        """The pipeline that is right by definition."""
        return Pipeline(self.scheme, PlainEngine())

    @cached_property
    def compiled(self) -> Pipeline:
        """The pipeline that everything else uses."""
        pipeline = Pipeline(self.scheme, CompiledEngine())
        pipeline.fallbacks.strict = True
        return pipeline

    @property
    def examples(self) -> int:
        """How many objects each property is tried with."""
        option: int | None = self.config.getoption("kconv_examples")
        return option or int(os.environ.get("KCONV_EXAMPLES") or self.api.examples)

    @property
    def update_command(self) -> str:
        """How the golden files of HEAD are written anew."""
        return f"{self.command()} -k golden --kconv-update"

    def _tried(
        self, spoke: Spoke, check: Callable[[Pipeline, Spoke, dict[str, Any]], None]
    ) -> Callable[[], None]:
        def run() -> None:
            self._explore(spoke, partial(check, self.compiled, spoke))

        return run

    def _pair(self, source: Spoke, target: Spoke) -> None:
        self._explore(source, partial(roundtrip.there_and_back, self.compiled, source, target))

    def _input_kept(self, spoke: Spoke) -> None:
        pipelines = {"plain": self.plain, "compiled": self.compiled}
        self._explore(spoke, partial(inputs_unmodified.input_kept, pipelines, spoke))

    def _convert_alike(self, spoke: Spoke) -> None:
        self._explore(spoke, partial(engines.convert_alike, self.plain, self.compiled, spoke))

    def _decode_alike(self, spoke: Spoke) -> None:
        from hypothesis import strategies as st

        from kconv.testing._explore import explore
        from kconv.testing._near_misses import nearly

        drawn = st.tuples(
            nearly(spoke),
            st.sampled_from(engines.CHECKS),
            st.sampled_from(engines.FIELD_VALIDATION),
        )

        def check(case: tuple[dict[str, Any], str, str]) -> None:
            document, checks, validation = case
            options = {"checks": checks, "field_validation": validation}
            engines.decode_alike(self.plain, self.compiled, spoke, document, **options)

        explore(drawn, check, self.examples)

    def _explore(self, spoke: Spoke, check: Check) -> None:
        from kconv.testing._explore import explore
        from kconv.testing._full_objects import full
        from kconv.testing._strategies import documents
        from kconv.testing._valid import has_rules, made_valid

        tried = Refusing(check)
        shown = partial(_showing, spoke, tried)
        made = documents(spoke)
        if has_rules(spoke):
            made = made.map(partial(made_valid, spoke))
        explore(made, shown, self.examples)
        shown(full(spoke))
        tried.says_something(title(spoke))

    def _check(self, group: str) -> None:
        if self.config.getoption("kconv_update"):
            lock_test.update(self.scheme, self.lock, group)
        release = str(self.config.getini("kconv_release"))
        command = f"{self.command()} -k check --kconv-update"
        lock_test.breaks_nothing(self.scheme, self.lock, group, release, command)

    def _head(self, folder: Path, spoke: Spoke) -> None:
        if self.config.getoption("kconv_update"):
            golden.update(self.compiled, folder, spoke)
        golden.head_holds(self.compiled, folder, spoke, self.update_command)
        golden.release_holds(self.compiled, folder, golden.HEAD, slug(spoke))

    def _strays(self, folder: Path) -> None:
        found = golden.strays(self.scheme, folder)
        if found and self.config.getoption("kconv_update"):
            for path in found:
                path.unlink()
        elif found:
            raise Broken(
                "Golden files of no version that is registered:",
                found,
                "Objects that a release stored in such a version can no longer be read. If that "
                f"is meant:  {self.update_command}",
            )


def _showing(spoke: Spoke, check: Check, document: dict[str, Any]) -> None:
    """A check whose errors show the object, too: a rule that raises, or refuses what it may not."""
    try:
        check(document)
    except KconvError as error:
        raise Broken(
            f"{title(spoke)}: {error.message}",
            error.findings,
            "Every object that a version allows converts to all others: let the rule see to it, or "
            "refuse such\nvalues (pattern=, enum=, minimum=, multiple_of= … of the field). A "
            "function that refuses them on purpose\nsays so: "
            'refused={"path of the hub, or spoke:path": "why"}.',
            document,
        ) from error


class Promise(pytest.Item):
    """One promise of one version."""

    def __init__(self, *, run: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run

    def runtest(self) -> None:
        """Raise `Broken` if an object shows that the promise is broken."""
        self.run()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is broken, and the command that shows it again; a traceback for anything else."""
        suite = self.getparent(Suite)
        again = f"Again:  {suite.command(self.name) if suite else self.nodeid}"
        if isinstance(excinfo.value, Broken | KconvError | skew.SkewWarning):
            return f"{excinfo.value}\n\n{again}"
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The file that declares the tests."""
        return self.path, None, f"{self.parent.name if self.parent else ''} {self.name}"
