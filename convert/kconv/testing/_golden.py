"""Golden files: what a release wrote, which every later one must read, convert and write again.

A folder holds ``HEAD/``, kept equal to what the schemas say today, and a folder for each release,
which ``kconv lock --release`` writes and nobody edits. In each, every version of every kind has
one object with all fields set, as ``group.version.kind.json`` and ``.yaml`` (the core group is
``core``), and a release notes in ``converted/`` what they are in the other versions.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._codec.limits import FILE_LIMIT
from kconv._differences import ABSENT, differences
from kconv._errors import KconvError, NotRegistered
from kconv._input import read_file
from kconv._pipeline import Decoded, Format, Pipeline
from kconv._scheme import Scheme, Spoke
from kconv.testing import _declared_losses as declared_losses
from kconv.testing._converted import converts_as_released
from kconv.testing._failure import Broken
from kconv.testing._full_objects import full
from kconv.testing._golden_folder import FORMATS, HEAD, files_in, releases
from kconv.testing._names import slug, title
from kconv.testing._refused import unless_announced

__all__ = ["FORMATS", "HEAD", "releases"]

LONGEST = 40
"""How many lines of a difference between two files a failure shows."""


def spokes_of(scheme: Scheme) -> list[Spoke]:
    """Every version of every kind."""
    return [spoke for kind in scheme.kinds for spoke in kind.spokes]


def written(pipeline: Pipeline, spoke: Spoke, format: Format) -> bytes:
    """The bytes of the golden file that a spoke has today."""
    decoded = pipeline.load(full(spoke), spoke=spoke, trusted=True)
    if format == "json":
        return json_codec.encode_pretty(pipeline.dump(decoded))
    return pipeline.encode(decoded, "yaml")


def update(pipeline: Pipeline, folder: Path, spoke: Spoke) -> None:
    """Write the golden files of a spoke in HEAD."""
    for format in FORMATS:
        path = folder / HEAD / f"{slug(spoke)}.{format}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(pipeline, spoke, format))


def strays(scheme: Scheme, folder: Path) -> list[Path]:
    """Files in HEAD that are of no version of any kind."""
    names = {slug(spoke) for spoke in spokes_of(scheme)}
    head = folder / HEAD
    return [path for path in files_in(head) if path.stem not in names] if head.is_dir() else []


def head_holds(pipeline: Pipeline, folder: Path, spoke: Spoke, command: str) -> None:
    """The files in HEAD are what the schema says today, byte by byte. Raises `Broken`."""
    for format in FORMATS:
        path = folder / HEAD / f"{slug(spoke)}.{format}"
        if not path.exists():
            raise Broken(f"{title(spoke)} has no golden file {path}.", (), f"Write it:  {command}")
        expected, found = written(pipeline, spoke, format), read_file(path, FILE_LIMIT)
        if expected != found:
            raise Broken(
                f"{title(spoke)}: {path} differs from what the schema writes today.",
                _file_difference(found, expected),
                "Lines with - are in the file, those with + are what the code writes now. If that "
                f"change of\nthe API is meant:  {command}",
            )
        if format == "json":
            again = json_codec.encode_pretty(json_codec.decode(_reencoded(pipeline, found, spoke)))
            if again != found:
                lines = _file_difference(found, again)
                raise Broken(
                    f"{title(spoke)}: {path} is other bytes after decode and encode.", lines
                )


def release_holds(pipeline: Pipeline, folder: Path, release: str, name: str) -> None:
    """The bytes that a release wrote are read, converted and written again. Raises `Broken`."""
    spoke = next((each for each in spokes_of(pipeline.scheme) if slug(each) == name), None)
    told = None if spoke is None or spoke.envelope else spoke
    read = {
        path.suffix[1:]: (path, _decoded(pipeline, path, told))
        for path in files_in(folder / release)
        if path.stem == name
    }
    for path, decoded in read.values():
        _nothing_forgotten(pipeline, path, decoded)
        with unless_announced():
            _through_hub(pipeline, path, decoded)
        for target in decoded.spoke.kind.spokes:
            if target is not decoded.spoke:
                with unless_announced():
                    _there_and_back(pipeline, path, decoded, target)
    converts_as_released(pipeline, folder, release, name)
    values = [decoded.value for _, decoded in read.values()]
    if len(values) == 2 and values[0] != values[1]:
        lines = list(differences(values[0], values[1]))
        raise Broken(f"{folder / release / name}: .json and .yaml hold different objects.", lines)


def _decoded(pipeline: Pipeline, path: Path, spoke: Spoke | None) -> Decoded:
    try:
        return pipeline.decode(
            read_file(path, FILE_LIMIT),
            spoke=spoke,
            format=path.suffix[1:],  # type: ignore[arg-type]  # _files gives no other suffix
            field_validation="Strict",
            trusted=True,
        )
    except NotRegistered as error:
        advice = (
            "Objects stored in that version cannot be read any more. Register it again, or, if no "
            f"database and\nno client can have such objects, delete {path.parent / path.stem}.*"
        )
        raise Broken(f"{path} is of a version that is gone: {error}", (), advice) from None
    except KconvError as error:
        advice = "Later releases must read it: keep the field, or move it by a rule."
        raise Broken(f"{path} cannot be read: {error}", (), advice) from None


def _nothing_forgotten(pipeline: Pipeline, path: Path, decoded: Decoded) -> None:
    document = _parsed(path)
    found = [
        each
        for each in differences(document, pipeline.dump(decoded))
        if each.before is not ABSENT
    ]  # fmt: skip
    if found:
        about = f"{path} changes when it is decoded and encoded."
        raise Broken(about, found, "A later release must write the same.")
    encoded = pipeline.decode(pipeline.encode(decoded), spoke=decoded.spoke, trusted=True)
    if encoded.value != decoded.value:
        lines = list(differences(decoded.value, encoded.value))
        raise Broken(f"{path}: decoding what was encoded changes it.", lines)


def _through_hub(pipeline: Pipeline, path: Path, decoded: Decoded) -> None:
    spoke = decoded.spoke
    back = pipeline.from_hub(pipeline.to_hub(decoded), spoke)
    conversions = f"{path}: {title(spoke)} -> hub -> {title(spoke)}"
    expected = declared_losses.through_hub(spoke)
    expected.hold(conversions, decoded.value, back.value, None, side="spoke")


def _there_and_back(pipeline: Pipeline, path: Path, decoded: Decoded, target: Spoke) -> None:
    source = decoded.spoke
    document = pipeline.encode(decoded)
    there = pipeline.convert(document, target.group_version, spoke=source, trusted=True)
    if target.kind.spoke_for(target.group_version, source.options.kind) is not target:
        there = pipeline.encode(pipeline.from_hub(pipeline.to_hub(decoded), target))
    step = pipeline.decode(there, spoke=target, trusted=True)
    back = pipeline.from_hub(pipeline.to_hub(step), source)
    conversions = f"{path}: {title(source)} -> {title(target)} -> {title(source)}"
    expected = declared_losses.there_and_back(source, target)
    expected.hold(conversions, decoded.value, back.value, None, side="hub")


def _parsed(path: Path) -> Any:
    if path.suffix == ".json":
        return json_codec.decode(read_file(path, FILE_LIMIT))
    return yaml_codec.decode_all(read_file(path, FILE_LIMIT))[0]


def _reencoded(pipeline: Pipeline, data: bytes, spoke: Spoke) -> bytes:
    return pipeline.encode(pipeline.decode(data, spoke=spoke, trusted=True))


def _file_difference(old: bytes, new: bytes) -> list[str]:
    lines = list(
        difflib.unified_diff(
            old.decode(errors="replace").splitlines(), new.decode().splitlines(), lineterm="", n=2
        )
    )[2:]
    more = [f"… and {len(lines) - LONGEST} lines more"] if len(lines) > LONGEST else []
    return [*lines[:LONGEST], *more]
