"""Converting objects inside objects: last-applied annotations, and releases of Helm."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._errors import KconvError
from kconv._files.embedded import LAST_APPLIED, last_applied
from kconv._files.groups import objects_in
from kconv._files.helm import Release, current, release_of
from kconv._files.manifests import Document, Manifest, parse_manifest

Value = dict[str, Any]


class Converted(Protocol):
    """A document that was converted."""

    changed: bool
    intended: Callable[[], Value]


class Converts(Protocol):
    """What converts documents: `kconv._files.converter.Converter`."""

    @property
    def problems(self) -> Sequence[Any]:
        """What went wrong so far; each has lines."""

    def convert(self, manifest: Manifest, document: Document, *, lenient: bool = False) -> Any:
        """Convert a document; gives what `Converted` says."""


class Inside:
    """Converts what is inside of objects; ``current`` are the revisions of Helm that count.

    ``converter`` does it: one of its own, for what it finds to say is about what is inside.
    """

    def __init__(self, converter: Converts, current: Collection[tuple[str, str, int]]) -> None:
        self.converter = converter
        self.current = current
        self.notes: list[str] = []

    def changes(self, where: str, value: Value) -> dict[tuple[str, ...], str]:
        """The texts within an object that become others, by their paths."""
        found: dict[tuple[str, ...], str] = {}
        applied = last_applied(value)
        if applied is not None:
            made = self._value(where, applied)
            if made is not None:
                text = json_codec.encode(made).decode() + "\n"
                found["metadata", "annotations", LAST_APPLIED] = text
        release = release_of(value)
        if release is not None and release.key in self.current:
            packed = self._release(where, release)
            if packed is not None:
                found["data", "release"] = packed
        return found

    def _value(self, where: str, value: Value) -> Value | None:
        manifest = Manifest(f"{where}, last-applied", None, "json")
        return next((made for _, made in self._converted(manifest, [value])), None)

    def _release(self, where: str, release: Release) -> str | None:
        name = f"{where}, Helm release {release.name} v{release.revision}"
        texts: dict[str, str] = {}
        for part, text in release.manifests.items():
            edited = self._rendered(f"{name}, {part}" if part else name, text)
            if edited is not None:
                texts[part] = edited
        packed = release.with_manifests(texts) if texts else None
        if texts and packed is None:
            self.notes.append(f"{name}: would be more than a Secret may hold; left as it is")
        return packed

    def _rendered(self, name: str, text: str) -> str | None:
        from kconv._layout import NotEditable, edit_yaml

        manifest = parse_manifest(text.encode(), name, "yaml")
        if manifest.error is not None:
            self.notes.append(f"{name}: {manifest.error.message}; left as it is")
            return None
        values = [document.value for document in manifest.documents]
        made = dict(self._converted(manifest, values))
        if not made:
            return None
        try:
            edited = edit_yaml(text, made)
        except NotEditable as error:
            self.notes.append(f"{name}: {error}; left as it is")
            return None
        self.notes += [f"{name}: {why}; left as it is" for why in edited.refused.values()]
        return edited.text

    def _converted(self, manifest: Manifest, values: list[Any]) -> Iterator[tuple[int, Value]]:
        """What is changed, by its number from 0, as it is to be written."""
        for number, value in enumerate(values):
            before = len(self.converter.problems)
            done: Converted = self.converter.convert(
                manifest, Document(number + 1, value), lenient=True
            )
            problems = self.converter.problems[before:]
            self.notes += [f"{problem.lines[0]}; left as it is" for problem in problems]
            if done.changed and not problems:
                yield number, done.intended()


def objects_of_release(release: Release) -> list[Value]:
    """The objects that a release has rendered, as far as they can be read."""
    found: list[Value] = []
    for text in release.manifests.values():
        with suppress(KconvError):
            values = yaml_codec.decode_all(text.encode())
            found += [each for each in values if isinstance(each, dict)]
    return found


def current_releases(manifests: Sequence[Manifest]) -> set[tuple[str, str, int]]:
    """The revisions of Helm in some manifests that count, by their keys."""
    values = (value for manifest in manifests for value in objects_in([manifest]))
    return current(found for value in values if (found := release_of(value)) is not None)
