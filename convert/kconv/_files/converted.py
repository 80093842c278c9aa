"""What becomes of documents and objects: converted ones, problems, and losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from kconv._errors import KconvError, ObjectRef
from kconv._files.manifests import Document
from kconv._pipeline import Lost

Value = dict[str, Any]


def _as_it_is() -> Value:
    raise AssertionError("only what is changed is written")


@dataclass(slots=True)
class ConvertedDocument:
    """A converted document; ``changed`` if an object in it has another version now.

    ``left`` objects have no version to go to.
    ``intended`` gives what it is to say in a file that is edited (see `kconv._files.intended`).
    """

    document: Document
    value: Value
    changed: bool = False
    objects: int = 0
    left: int = 0
    intended: Callable[[], Value] = _as_it_is


@dataclass(frozen=True, slots=True)
class ConversionProblem:
    """What keeps anything from being written: the lines that say it, and the error."""

    lines: tuple[str, ...]
    error: KconvError


@dataclass(frozen=True, slots=True)
class ObjectLoss:
    """What the version ``api_version`` cannot hold of an object; ``where`` names it for people."""

    where: str
    about: ObjectRef
    api_version: str
    lost: Lost

    @property
    def what(self) -> str:
        """The field, its value, and what becomes of it."""
        reason = f": {self.lost.reason}" if self.lost.reason else ""
        return f"{replace(self.lost, reason='')}; {self.api_version} cannot hold it{reason}"

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"
