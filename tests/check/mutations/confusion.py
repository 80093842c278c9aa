"""Doing every edit, and counting what check says of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from check.mutations import document_kinds, versions
from check.mutations.documents import edits_of
from check.mutations.modules import EDITS, Mutants, shipped
from check.mutations.policy import is_breaking
from kconv._check import Severity, compare
from kconv._check.lock import Locks
from kconv._check.lock.read import lock_of
from kconv._check.lock.text import document_of
from kconv._gvk import GroupVersion, level

INVISIBLE = frozenset(["rename a type"])
"""Edits that change nothing on the wire, and must not be found at all."""


@dataclass(frozen=True)
class Outcome:
    """One edit, what it is by policy, and what check found."""

    source: str
    family: str
    where: str
    breaking: bool
    called_breaking: bool
    findings: int
    rules: frozenset[str]

    @property
    def right(self) -> bool:
        """Whether check called it rightly, and saw whatever can be seen."""
        seen = bool(self.findings) != (self.family in INVISIBLE)
        return self.breaking == self.called_breaking and seen


def outcomes() -> Iterator[Outcome]:
    """What comes of every edit: of documents, of the set of versions, of modules."""
    base = shipped()
    documents = {str(gv): document_of(lock) for gv, lock in base.items()}
    yield from _documents(base, documents)
    yield from _kinds_of_documents()
    for family, version, old, new in versions.edits(documents):
        where = GroupVersion.parse(version)
        findings = compare(_read(old), _read(new), release=versions.RELEASE)
        yield _outcome("versions", family, str(where), str(level(where.version)), findings)
    mutants = Mutants()
    for edit in EDITS:
        after = mutants.locks_after(edit)
        groups = {gv.group for gv in after}
        before = {gv: lock for gv, lock in base.items() if gv.group in groups}
        findings = compare(before, after)
        yield _outcome("modules", edit.family, edit.file, edit.level, findings)


def _documents(base: Locks, documents: dict[str, Any]) -> Iterator[Outcome]:
    for skip, (gv, lock) in enumerate(sorted(base.items())):
        for edit in edits_of(documents[str(gv)], skip):
            edited = lock_of(edit.document)
            assert edited != lock, (edit.family, edit.where)
            findings = compare(base, {**base, gv: edited})
            where = f"{gv} {edit.where}"
            yield _outcome("documents", edit.family, where, str(level(gv.version)), findings)


def _kinds_of_documents() -> Iterator[Outcome]:
    base = document_kinds.orders()
    for gv, lock in sorted(base.items()):
        for family, edited in document_kinds.edits_of(document_of(lock)):
            findings = compare(base, {**base, gv: lock_of(edited)})
            yield _outcome("documents", family, str(gv), str(level(gv.version)), findings)


def _read(documents: dict[str, Any]) -> Locks:
    return {GroupVersion.parse(name): lock_of(document) for name, document in documents.items()}


def _outcome(source: str, family: str, where: str, at: str, findings: list[Any]) -> Outcome:
    called = any(each.severity is Severity.BREAKING for each in findings)
    rules = frozenset(each.rule for each in findings)
    return Outcome(source, family, where, is_breaking(family, at), called, len(findings), rules)


def table(found: list[Outcome]) -> str:
    """The confusion table: edits by what they are and what check calls them."""
    lines = [f"{'edits of':<12}{'by policy':<14}{'called breaking':>16}{'called harmless':>16}"]
    counts = Counter((each.source, each.breaking, each.called_breaking) for each in found)
    for source in dict.fromkeys(each.source for each in found):
        for breaking in (True, False):
            name = "breaking" if breaking else "harmless"
            yes, no = counts[source, breaking, True], counts[source, breaking, False]
            lines.append(f"{source:<12}{name:<14}{yes:>16}{no:>16}")
    families = len({each.family for each in found})
    wrong = sum(not each.right for each in found)
    lines.append(f"{len(found)} edits of {families} families, {wrong} called wrongly")
    return "\n".join(lines)
