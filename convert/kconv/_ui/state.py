"""What every page is made from: the place, how its objects convert, and what has been seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from kconv._errors import NotFound
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._ui.history import History
from kconv._ui.jobs import Jobs
from kconv._ui.sessions import Visitor
from kconv.place import Collection as PlaceCollection
from kconv.place import Place


class State:
    """Of one page server. ``served`` are the versions that its API server serves, if it is one."""

    def __init__(
        self,
        place: Place,
        pipeline: Pipeline,
        served: Collection[GroupVersion] | None = None,
    ) -> None:
        self.place = place
        self.pipeline = pipeline
        self.served = None if served is None else frozenset(served)
        self.history = History(place)
        self.jobs = Jobs()

    def collection(self, name: str) -> PlaceCollection:
        """A collection by its name. Raises `NotFound`."""
        for each in self.place.collections():
            if each.name == name:
                return each
        raise NotFound(f'there is no resource "{name}"')


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: the steps of its path, its query and form, and who sends it."""

    steps: tuple[str, ...]
    visitor: Visitor
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: a template and its values. ``live`` names what is kept up to date on it."""

    template: str
    title: str
    values: Mapping[str, Any]
    code: int = 200
    live: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """An answer: another page, by its path below the first."""

    path: str
