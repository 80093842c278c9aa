"""Conversions that authors have written down: an input, a version, and what has to come out.

A folder holds them as YAML or JSON files, each with one document or several: ``input`` is an
object, ``version`` what it is converted to (``shop.example.com/v2``), ``output`` what it is then.
Documents, which do not tell it, say in ``inputVersion`` what they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kconv._codec import yaml as yaml_codec
from kconv._codec.limits import FILE_LIMIT
from kconv._differences import differences
from kconv._errors import KconvError, UsageError
from kconv._gvk import GroupVersion
from kconv._input import read_file
from kconv._pipeline import Pipeline
from kconv._scheme import Spoke
from kconv.testing._failure import Broken
from kconv.testing._names import title

SUFFIXES = (".yaml", ".yml", ".json")
_NEEDED = ("input", "version", "output")
_KNOWN = (*_NEEDED, "inputVersion")


@dataclass(frozen=True, slots=True)
class Case:
    """One case, and where it is."""

    name: str
    input: dict[str, Any]
    version: GroupVersion
    output: dict[str, Any]
    input_version: str = ""


def cases(folder: Path) -> Iterator[Case]:
    """The cases in a folder and those below it. Raises `UsageError` for a malformed one."""
    for path in sorted(each for each in folder.rglob("*") if each.suffix in SUFFIXES):
        documents = yaml_codec.decode_all(read_file(path, FILE_LIMIT))
        for number, document in enumerate(documents):
            name = path.relative_to(folder).with_suffix("").as_posix()
            yield _case(f"{name}#{number + 1}" if len(documents) > 1 else name, path, document)


def _case(name: str, path: Path, document: Any) -> Case:
    if not isinstance(document, dict) or not set(_NEEDED) <= document.keys() <= set(_KNOWN):
        raise UsageError(f"{path}: a case has {', '.join(_NEEDED)}, and may have inputVersion")
    if not isinstance(document["input"], dict) or not isinstance(document["output"], dict):
        raise UsageError(f"{path}: input and output of a case are objects")
    version = GroupVersion.parse(str(document["version"]))
    told = str(document.get("inputVersion", ""))
    return Case(name, document["input"], version, document["output"], told)


def source_of(pipeline: Pipeline, case: Case) -> Spoke | None:
    """The version that a case converts from, if the scheme has it."""
    told = case.input_version or str(case.input.get("apiVersion", ""))
    for kind in pipeline.scheme.kinds:
        spoke = kind.spoke_for(GroupVersion.parse(told)) if told else None
        named = case.input.get("kind") in (None, spoke.options.kind if spoke else None)
        if spoke is not None and (named or not spoke.envelope):
            return kind.spoke_for(GroupVersion.parse(told), case.input.get("kind"))
    return None


def holds(pipeline: Pipeline, case: Case) -> None:
    """The input converts to the output, and to nothing else. Raises `Broken`."""
    spoke = source_of(pipeline, case)
    if spoke is None:
        raise Broken(f"{case.name}: its input is of no version that is registered.", ())
    target = spoke.kind.spoke_for(case.version, spoke.options.kind)
    if target is None:
        raise Broken(f"{case.name}: {title(spoke)} has no version {case.version}.", ())
    about = f"{case.name}: {title(spoke)} -> {title(target)}"
    steps = dict.fromkeys((*spoke.steps, *target.steps))
    rules = "\n".join(f"  {rule}" for step in steps for rule in step.rules)
    try:
        decoded = pipeline.load(case.input, spoke=spoke, field_validation="Strict")
        made = pipeline.dump(pipeline.from_hub(pipeline.to_hub(decoded), target))
    except KconvError as error:
        raise Broken(f"{about}: {error.message}", error.findings, "", case.input) from None
    found = list(differences(case.output, made))
    if found:
        raise Broken(
            f"{about} is not what the case says (was: the case, is: what comes out).",
            found,
            f"The rules are:\n{rules}",
            case.input,
        )
