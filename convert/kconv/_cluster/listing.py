"""Lists of a resource, page by page, in one version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from kconv._cluster.connection import Connection, Refused
from kconv._cluster.definition import Definition
from kconv._cluster.exchange import AnswerTooLong
from kconv._errors import Conflict, Unavailable

PAGE: Final = 500
FIRST_PAGE: Final = 100
"""Objects of the first page: with them the work begins."""

METADATA: Final = (
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
)
"""Asks for metadata alone, where the server can tell it without the rest."""

_FEW: Final = 2


class ClusterKey(NamedTuple):
    """Where an object is."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def order_of(key: ClusterKey) -> str:
    """What the API server orders a list by."""
    return str(key)


class Listed(msgspec.Struct, gc=False):
    """An object of a list: ``order`` is what lists are ordered by, ``mark`` as in `mark_of`.

    ``text`` is the object as it was sent.
    """

    key: ClusterKey
    order: str
    mark: int
    text: msgspec.Raw


_Mark = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,17}\Z")]


# Pages are read as texts of objects, and no further: as values they would be several thousand
# that the interpreter looks through for garbage, again and again, with all that it has loaded.
class _Identity(msgspec.Struct, gc=False, rename="camel"):
    name: str
    uid: str
    resource_version: _Mark
    namespace: str | None = None


class _Identified(msgspec.Struct, gc=False):
    metadata: _Identity


class _PageMetadata(msgspec.Struct, gc=False, rename="camel"):
    resource_version: _Mark | None = None
    remaining_item_count: Annotated[int, msgspec.Meta(ge=0)] | None = None
    continue_: str | None = msgspec.field(default=None, name="continue")


class _Page(msgspec.Struct):
    metadata: _PageMetadata = msgspec.field(default_factory=_PageMetadata)
    items: list[msgspec.Raw] | None = None


_PAGES: Final = msgspec.json.Decoder(_Page)
_IDENTITIES: Final = msgspec.json.Decoder(_Identified)


def mark_of(item: Mapping[str, Any]) -> int:
    """The resourceVersion of an object, which grows with each write of the resource.

    Raises `Unavailable` for what is not an object of an API server.
    """
    try:
        return int(msgspec.convert(item, _Identified).metadata.resource_version)
    except msgspec.ValidationError as error:
        raise Unavailable(f"the API server answered with what is no object: {error}") from None


class Paged:
    """Lists objects in one version, a page at a time; what it knows when it is cut off stays known.

    ``after`` is the key to begin after. A list that expires in the middle goes on at a later
    moment, from where it is. With ``ahead`` each page is asked for while the one before it is
    worked on, and the first one at once.
    """

    def __init__(
        self,
        connection: Connection,
        definition: Definition,
        version: str,
        *,
        after: ClusterKey | None = None,
        metadata_only: bool = False,
        limit: int = PAGE,
        ahead: bool = False,
    ) -> None:
        self._connection = connection
        self._title = definition.title
        self._path = definition.path(version)
        self._accept = METADATA if metadata_only else "application/json"
        self._limit = limit
        self._after = after
        self.resource_version = ""
        self._ahead = ahead
        self._next = self._page_at("")

    def __iter__(self) -> Iterator[Listed]:
        """The objects in order.

        Raises `Refused`, `Conflict` where the version is not served any more, and what a request
        raises.
        """
        token, last = "", None if self._after is None else order_of(self._after)
        while True:
            try:
                page = self._next()
            except Refused as error:
                if error.status == 404:
                    raise Conflict(
                        f"{self._title} has changed meanwhile: {error.message}"
                    ) from None
                if error.status != 410 or not token:
                    raise _of_gone_version(error, self._title) or error from None
                # The server offers to go on at a later moment, or has the list begin again.
                token = error.continues_with
                self._next = self._page_at(token)
                continue
            metadata = page.metadata
            self.resource_version = self.resource_version or metadata.resource_version or ""
            token = metadata.continue_ or ""
            if token:
                self._next = self._page_at(token)
            for text in page.items or ():
                found = self._connection.read(text, _IDENTITIES).metadata
                key = ClusterKey(found.namespace or "", found.name)
                order = order_of(key)
                if last is not None and order <= last:
                    continue
                last = order
                yield Listed(key, order, int(found.resource_version), text)
            if not token:
                return

    def _page_at(self, token: str) -> Callable[[], _Page]:
        """Waits for a page, which is under way already where that is wanted."""
        if self._ahead:
            return self._connection.aside(self._page, token).result
        return partial(self._page, token)

    def _page(self, token: str) -> _Page:
        query: dict[str, str | int] = {"continue": token} if token else {}
        while True:
            query["limit"] = self._limit if token else min(FIRST_PAGE, self._limit)
            try:
                found: _Page = self._connection.get(self._path, self._accept, _PAGES, **query).body
            except AnswerTooLong:
                if query["limit"] == 1:
                    raise
                self._limit = int(query["limit"]) // 2
            else:
                return found


def marks(connection: Connection, definition: Definition) -> Iterator[tuple[ClusterKey, int]]:
    """Every object and its resourceVersion.

    Where a version cannot be listed, since one object in it cannot be converted, the list goes on
    in another one. Raises `Refused` where none can be listed.
    """
    last: ClusterKey | None = None
    versions = _by_preference(definition)
    for number, version in enumerate(versions, 1):
        try:
            for item in Paged(
                connection, definition, version, after=last, metadata_only=True, ahead=True
            ):
                last = item.key
                yield last, item.mark
        except Refused:
            if number == len(versions):
                raise
        else:
            return


def look(connection: Connection, definition: Definition) -> tuple[int, int]:
    """The resourceVersion of a resource now, and how many objects it has."""
    versions = _by_preference(definition)
    for number, version in enumerate(versions, 1):
        try:
            page = connection.get(definition.path(version), METADATA, _PAGES, limit=_FEW).body
        except Refused as error:
            if error.status == 404 or number == len(versions):
                raise _of_gone_version(error, definition.title) or error from None
            continue
        metadata = page.metadata
        found = len(page.items or ()) + (metadata.remaining_item_count or 0)
        if metadata.continue_ and not metadata.remaining_item_count:
            found = sum(1 for _ in marks(connection, definition))
        if metadata.resource_version is None:
            # Without it nobody knows which objects have been written since.
            raise Unavailable(f"{connection.host} lists {definition.title} without resourceVersion")
        return int(metadata.resource_version), found
    raise AssertionError("there is a version that is served")


def _of_gone_version(error: Refused, title: str) -> Conflict | None:
    """What a list is refused for where an object is in a version that is gone: no list helps."""
    if not error.gone_version:
        return None
    version = error.gone_version.rpartition("/")[2]
    return Conflict(
        f"{title} has no {version} any more, and objects are stored in it: none can be listed. "
        f"Put {version} back into spec.versions (served: true, storage: false) and into "
        "status.storedVersions, and run it again"
    )


def _by_preference(definition: Definition) -> list[str]:
    return sorted(definition.served, key=lambda each: each != definition.storage)
