"""What golden objects convert to: written with a release, and compared by every later one.

A conversion that is wrong both ways gives every object back. What it made of an object when it was
released, and what an author wrote down that it makes, tells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kconv._check.finding import Finding, finding_of
from kconv._check.verdict import Whom, breaking
from kconv._codec import json as json_codec
from kconv._codec.limits import FILE_LIMIT
from kconv._differences import ABSENT, Difference, differences
from kconv._errors import KconvError
from kconv._input import read_file
from kconv._paths import format_path
from kconv._pipeline import Pipeline
from kconv._scheme import Spoke
from kconv.testing._failure import Broken
from kconv.testing._golden_folder import releases
from kconv.testing._names import group_of, slug, title
from kconv.testing._refused import unless_announced

CONVERTED = "converted"
"""The folder within a release's: ``converted/<version>/<other version>.json``."""

ADVICE = (
    "Objects convert in another way than the release has converted them. If the release was\n"
    "right, put the rule back; if it was wrong, say so in the changelog, and delete the file:\n"
    "what is stored converts in the new way from now on."
)


def converted_files(pipeline: Pipeline, spoke: Spoke, data: bytes) -> dict[PurePosixPath, bytes]:
    """What the golden bytes of a version are in every other version of its kind, by path.

    Versions in which it is not shown, as rules have announced, are left out.
    """
    found = {}
    for target in spoke.kind.spokes:
        if target is not spoke:
            path = PurePosixPath(CONVERTED, slug(spoke), f"{slug(target)}.json")
            with unless_announced():
                found[path] = json_codec.encode_pretty(converted(pipeline, data, spoke, target))
    return found


def converted(pipeline: Pipeline, data: bytes, spoke: Spoke, target: Spoke) -> dict[str, object]:
    """The document that JSON of a version is in another one of its kind."""
    decoded = pipeline.decode(data, spoke=spoke, trusted=True)
    return pipeline.dump(pipeline.from_hub(pipeline.to_hub(decoded), target))


@dataclass(frozen=True, slots=True)
class Change:
    """What a golden object converts to now, beside what it did: a difference, or an error."""

    file: Path
    source: Spoke
    target: Spoke
    differences: tuple[Difference, ...]
    error: str = ""

    @property
    def lines(self) -> list[str]:
        """What differs, by path."""
        return [self.error] if self.error else [str(each) for each in self.differences]


def changes(pipeline: Pipeline, folder: Path, release: str, name: str) -> Iterator[Change]:
    """What converts in another way than a release noted of one golden object.

    A value that was not there before is none: new fields have defaults. Nor is a version that is
    gone.
    """
    spokes = {slug(each): each for kind in pipeline.scheme.kinds for each in kind.spokes}
    golden, source = folder / release / f"{name}.json", spokes.get(name)
    if source is None or not golden.exists():
        return
    data = read_file(golden, FILE_LIMIT)
    for path in sorted((folder / release / CONVERTED / name).glob("*.json")):
        target = spokes.get(path.stem)
        if target is None or target.kind is not source.kind:
            continue
        before = json_codec.decode(read_file(path, FILE_LIMIT))
        try:
            after = converted(pipeline, data, source, target)
        except KconvError as error:
            yield Change(path, source, target, (), error.message)
            continue
        found = tuple(each for each in differences(before, after) if each.before is not ABSENT)
        if found:
            yield Change(path, source, target, found)


def converts_as_released(pipeline: Pipeline, folder: Path, release: str, name: str) -> None:
    """A golden object converts to what the release noted. Raises `Broken`."""
    for change in changes(pipeline, folder, release, name):
        about = f"{change.file}: {title(change.source)} -> {title(change.target)}"
        rules = [
            f"  {rule}"
            for spoke in (change.source, change.target)
            for step in spoke.steps
            for rule in step.rules
        ]  # fmt: skip
        raise Broken(
            f"{about} is not what {release} made of it.",
            change.lines,
            "\n".join(["The rules are:", *rules, ADVICE]),
            json_codec.decode(read_file(folder / release / f"{name}.json", FILE_LIMIT)),
        )


def findings(
    pipeline: Pipeline, folder: Path, groups: Collection[str] | None = None
) -> Iterator[Finding]:
    """What `kconv check` finds by the golden objects of all releases: each path once."""
    seen: set[tuple[Spoke, Spoke, str]] = set()
    for release, name in releases(folder):
        if groups is not None and group_of(name) not in groups:
            continue
        for change in changes(pipeline, folder, release, name):
            for each in change.differences or (None,):
                path = "" if each is None else format_path(each.field)
                if (change.source, change.target, path) in seen:
                    continue
                seen.add((change.source, change.target, path))
                said = change.error if each is None else str(each).partition(": ")[2]
                verdict = breaking(
                    f"from {change.source.api_version} it {said}, by the golden object of "
                    f"{release}",
                    Whom.CONVERSIONS,
                    "the same object means something else in this version than before",
                    f"put the conversion back; if the release was wrong, delete {change.file}",
                    path,
                )
                gvk = change.target.gvk
                yield finding_of("golden-converts", verdict, gvk.group_version, gvk.kind)
