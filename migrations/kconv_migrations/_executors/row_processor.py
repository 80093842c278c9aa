"""What is done with rows that have been read: rewriting, rehearsing that, verifying.

`Task` and `Processed` are plain values that can be sent between processes, a page at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from kconv._errors import InvalidObject, KconvError, NotRegistered, StoreError
from kconv._gvk import GroupVersion
from kconv._paths import Path, describe, format_path
from kconv._pipeline import HubObject, Pipeline, hub_differences
from kconv._pipeline.reencode import Reencoder, WouldLose
from kconv._pipeline.values import Checks, Value
from kconv._scheme import HubKind, Spoke
from kconv.place import Collection
from kconv.place._rows import spoke_in
from kconv_migrations._executors.problem import Problem
from kconv_migrations._executors.references import References

Action = Literal["rewrite", "rehearse", "verify"]

_INDEX: Final = re.compile(r"\[\d+\]")
_UNKNOWN: Final = Problem("NotRegistered", "no installed API has the resource")


class NotAsBefore(StoreError):
    """A row does not mean what the before-image of its object means."""

    reason = "NotAsBefore"


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done with rows of one collection.

    ``rewrite`` gives their bytes in ``api_version``; ``rehearse`` does the same and keeps the
    bytes; ``verify`` decodes them and compares what they mean with their before-images. With
    ``validate`` they are judged by the rules that groups add, and not by those of single fields
    alone; documents always are, as the application's writes are. With ``strict``, a row that is
    not valid is not rewritten.
    """

    action: Action
    collection: str
    api_version: str
    accept_loss: bool = False
    validate: bool = False
    strict: bool = False


@dataclass(slots=True)
class Processed:
    """What became of rows, by their index.

    ``data`` has the new bytes, None where there is a problem. ``broken`` rows are well but for a
    rule that they break: they can be read, and not written as they are; ``lost`` counts rows by
    path that the new version cannot hold; ``unread`` counts before-images by version that this code
    cannot read.
    """

    data: list[bytes | None] = field(default_factory=list)
    problems: dict[int, Problem] = field(default_factory=dict)
    broken: dict[int, Problem] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)


class RowProcessor:
    """Does tasks on rows of ``collections``, with the versions of one scheme."""

    def __init__(self, pipeline: Pipeline, collections: Iterable[Collection]) -> None:
        self._pipeline = pipeline
        collections = list(collections)
        self._kinds = {each.name: each.kind for each in collections}
        self._same = {each.name for each in collections if not each.converts}
        # References may have been rewritten: verifying compares them with all but one version
        # of each kind taken for gone, whichever did.
        others = [
            (kind.group_resource, spoke.api_version)
            for kind in pipeline.scheme.kinds
            for spoke in kind.spokes
            if spoke.api_version != str(kind.storage)
        ]
        self._references = References(pipeline.scheme, {}, others)

    def prepare(self, collections: Iterable[str]) -> None:
        """Have the pipeline build what it converts the versions of some collections with."""
        for kind in map(self._kinds.get, collections):
            for spoke in kind.spokes if kind is not None else ():
                self._pipeline.prepare(spoke)

    def process(
        self,
        task: Task,
        rows: Sequence[tuple[str, bytes]],
        images: Sequence[tuple[str, bytes] | None] = (),
    ) -> Processed:
        """Do a task on rows, each its apiVersion and bytes. Nothing that they hold raises.

        ``images`` are what the rows held before, likewise, or None.
        """
        kind = self._kinds.get(task.collection)
        if kind is None:
            return Processed([None] * len(rows), dict.fromkeys(range(len(rows)), _UNKNOWN))
        if task.collection in self._same and task.action != "verify":
            return Processed([data for _, data in rows] if task.action == "rewrite" else [])
        checks: Checks = "all" if task.validate or kind.document is not None else "fields"
        reencoder = Reencoder(self._pipeline, accept_loss=task.accept_loss, checks=checks)
        if task.action == "verify":
            return self._verify_rows(reencoder, kind, rows, images or [None] * len(rows))
        return self._reencode_rows(reencoder, kind, task, rows)

    def _reencode_rows(
        self, reencoder: Reencoder, kind: HubKind, task: Task, rows: Sequence[tuple[str, bytes]]
    ) -> Processed:
        found = Processed()
        to = GroupVersion.parse(task.api_version)
        target = kind.spoke_for(to)
        versions = {api_version for api_version, _ in rows}
        spokes = {each: spoke_in(kind, each) for each in versions}
        for index, (api_version, data) in enumerate(rows):
            new: bytes | None = None
            try:
                spoke = _known(spokes[api_version], api_version)
                if spoke is not None and target is not None:
                    new = reencoder.quickly(data, spoke, target)
                if new is None:
                    made = reencoder.reencode(data, api_version, kind, to)
                    if made.broken is not None:
                        if task.strict:
                            raise made.broken
                        found.broken[index] = Problem.of(made.broken)
                    new = made.data
                    _count(found.lost, (each.path for each in made.lost))
            except Exception as error:  # noqa: BLE001 - one row's error must not end the run
                found.problems[index] = Problem.of(error)
                if isinstance(error, WouldLose):
                    _count(found.lost, (each.path for each in error.findings))
            if task.action == "rewrite":
                found.data.append(new)
        return found

    def _verify_rows(
        self,
        reencoder: Reencoder,
        kind: HubKind,
        rows: Sequence[tuple[str, bytes]],
        images: Sequence[tuple[str, bytes] | None],
    ) -> Processed:
        found = Processed()
        for index, (row, image) in enumerate(zip(rows, images, strict=True)):
            try:
                read, broken = self._verify(reencoder, kind, row, image)
            except Exception as error:  # noqa: BLE001 - one row's error must not end the run
                found.problems[index] = Problem.of(error)
                continue
            if broken is not None:
                found.broken[index] = Problem.of(broken)
            if image is not None and not read:
                found.unread[image[0]] = found.unread.get(image[0], 0) + 1
        return found

    def _verify(
        self,
        reencoder: Reencoder,
        kind: HubKind,
        stored: tuple[str, bytes],
        image: tuple[str, bytes] | None,
    ) -> tuple[bool, InvalidObject | None]:
        """Raises what is wrong with a row, and gives the rules that it breaks.

        With them, whether its before-image can be read.
        """
        api_version, data = stored
        _known(spoke_in(kind, api_version), api_version)
        row, broken = reencoder.judged(data, api_version, kind)
        after = self._pipeline.to_hub(row)
        if image is None:
            return True, broken
        try:
            before = reencoder.hub(image[1], image[0], kind)
        except KconvError:
            # Its version may have left the code since, which says nothing about the row.
            return False, broken
        found = list(hub_differences(before, after))
        if found and self._repaired(before, row.spoke) != self._repaired(after, row.spoke):
            message = f"{row.ref}: differs from its before-image: {describe(found)}"
            raise NotAsBefore(message, about=row.ref, findings=found)
        return True, broken

    def _repaired(self, hub: HubObject, spoke: Spoke) -> Value:
        """The object as a value of ``spoke``, in which references name one version of each kind."""
        repaired = HubObject(hub.kind, self._references.repair_in_hub(hub.value, hub.kind))
        return self._references.repair(self._pipeline.from_hub(repaired, spoke).value, spoke)


def _known(spoke: Spoke | None, version: str) -> Spoke | None:
    """The spoke of a row's version. Raises `NotRegistered` for what is no apiVersion at all."""
    if spoke is None and version.startswith("("):
        raise NotRegistered(f"the row is in {version}, which is no version that was declared")
    return spoke


def _count(lost: dict[str, int], paths: Iterable[Path]) -> None:
    """Count a row once for each path, indices of lists left out."""
    for name in {_INDEX.sub("[]", format_path(path)) for path in paths}:
        lost[name] = lost.get(name, 0) + 1
