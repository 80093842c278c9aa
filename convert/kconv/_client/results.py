"""What a client hands out besides objects: lists, and the events of watches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

T = TypeVar("T")

EventType = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True, slots=True)
class Event(Generic[T]):
    """A change that a watch tells of: the object after it, or what it last was."""

    type: EventType
    object: T
    resource_version: str
    """From where a watch goes on after it."""


class ObjectList(list[T]):
    """The objects of a list, all as of one ``resource_version``, from which a watch goes on.

    ``continue_`` is what the next page is asked for with, empty where there is none; ``remaining``
    how many objects are left then, where that is known.
    """

    def __init__(
        self,
        items: Iterable[T] = (),
        *,
        resource_version: str = "",
        continue_: str = "",
        remaining: int | None = None,
    ) -> None:
        super().__init__(items)
        self.resource_version = resource_version
        self.continue_ = continue_
        self.remaining = remaining
