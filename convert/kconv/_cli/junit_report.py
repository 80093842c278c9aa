"""What a migration did, as the XML of JUnit, which systems of continuous integration show."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from kconv._errors import UsageError

if TYPE_CHECKING:
    from kconv.place import Quarantined
    from kconv_migrations._migration import Outcome

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class JUnitReport:
    """A suite for each resource, in each context; a case for it, and for each row that failed."""

    suites: list[ElementTree.Element] = field(default_factory=list)

    def add(self, context: str, outcome: Outcome) -> None:
        """What became of a resource."""
        from kconv._messages import count
        from kconv.place import key_text

        name = outcome.target.name
        cases = [(f"is stored in {outcome.target.api_version}", _why(outcome))]
        cases += [(key_text(each.key), _told(each)) for each in outcome.failures]
        cases += [
            (f"nothing is left in {each}", f"{count(rows, 'row')} left")
            for each, rows in outcome.kept.items()
        ]
        cases += [(f"nothing is left in {each}", "") for each in outcome.dropped]
        self._suite(context, name, cases, outcome.seconds)

    def failed(self, context: str, message: str) -> None:
        """A run that ended before it was done."""
        self._suite(context, "run", [("ends by itself", message)], 0.0)

    def _suite(self, context: str, name: str, cases: list[tuple[str, str]], took: float) -> None:
        full = f"{name} ({context})" if context else name
        suite = ElementTree.Element(
            "testsuite",
            name=_text(full),
            tests=str(len(cases)),
            failures=str(sum(bool(why) for _, why in cases)),
            errors="0",
            time=f"{took:.3f}",
        )
        for case, why in cases:
            made = ElementTree.SubElement(
                suite, "testcase", classname=_text(full), name=_text(case)
            )
            if why:
                first = why.splitlines()[0]
                ElementTree.SubElement(made, "failure", message=_text(first)).text = _text(why)
        self.suites.append(suite)

    def write(self, file: Path) -> None:
        """Write it to a file. Raises `UsageError` where that cannot be."""
        root = ElementTree.Element("testsuites", name="kconv migrate")
        root.extend(self.suites)
        ElementTree.indent(root)
        try:
            ElementTree.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror or error}") from None


def _told(row: Quarantined) -> str:
    """What is wrong with a row: its message, and a line for each field."""
    fields = [f"{path}: {message}" if path else message for path, _, message, *_ in row.findings]
    return "\n".join([row.message, *(each for each in fields if each not in row.message)])


def _why(outcome: Outcome) -> str:
    """Why a resource is not where it should be; empty where it is."""
    if outcome.done:
        return ""
    return outcome.stopped or outcome.unproved or "not every row is: see the other cases"


def _text(said: str) -> str:
    return _NO_XML.sub("\ufffd", said)
