"""The kinds of a cluster as the migration knows them: objects as they are shown in each version.

The cluster converts; what the migration has to hold is that what is shown stays the same. So a
row's document has, by the name of each version that is served, the object in that version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kconv._cluster.definition import Definition
from kconv._document import Document, DocumentHub
from kconv._errors import Unavailable
from kconv._scheme import Scheme
from kconv._structural import with_defaults
from kconv.edges import Edge
from kconv.fields import FreeForm

Shown = Mapping[str, bytes]
"""An object in each version that is served, by their names: JSON, with names in order.

Two that are equal have equal bytes.
"""

_BY_VERSION = msgspec.json.Decoder(dict[str, msgspec.Raw])


def scheme_of(definitions: Iterable[Definition]) -> Scheme:
    """A frozen scheme with a kind for each CRD, in all versions that it has or stores."""
    scheme = Scheme()
    for each in definitions:
        names = list(dict.fromkeys((*each.versions, *each.stored)))
        hub = type(each.kind, (DocumentHub,), {**_fields(each), "Meta": _meta(each)})
        edges = [Edge(_spoke(each, version)) for version in names]
        scheme.add(hub, *edges, storage=each.api_version(each.storage))
    return scheme.freeze()


def _spoke(definition: Definition, version: str) -> type[Document]:
    meta = _meta(definition, version=version, kind=definition.kind, plural=definition.plural)
    name = f"{definition.kind}_{version}"
    return type(name, (Document,), {**_fields(definition), "Meta": meta})


def _meta(definition: Definition, **said: Any) -> type:
    return type("Meta", (), {"group": definition.group, **said})


def _fields(definition: Definition) -> dict[str, Any]:
    return {version: FreeForm(object_only=True, data_key=version) for version in definition.served}


def content_of(
    item: Mapping[str, Any], definition: Definition, version: str, *, fill: bool = True
) -> bytes:
    """What is to stay of an object in a version: all but its resourceVersion and managedFields.

    With the defaults of the version, which it has from when it is stored in it; without ``fill`` as
    it is shown now. Raises `Unavailable` for what is not an object.
    """
    if not isinstance(item.get("metadata"), dict):
        raise Unavailable("the API server answered with what is no object: it has no metadata")
    metadata = dict(item["metadata"])
    metadata.pop("resourceVersion", None)
    metadata.pop("managedFields", None)
    defaults = definition.defaults.get(version, {}) if fill else {}
    made: dict[str, Any] = with_defaults({**item, "metadata": metadata}, defaults)
    made["apiVersion"], made["kind"] = definition.api_version(version), definition.kind
    return msgspec.json.encode(made, order="sorted")


def as_document(shown: Shown) -> bytes:
    """The document of a row."""
    parts = {version: msgspec.Raw(value) for version, value in shown.items()}
    return msgspec.json.encode(parts, order="sorted")


def shown_in(document: bytes) -> Shown:
    """What a document of a row says that an object is shown as."""
    return {version: bytes(value) for version, value in _BY_VERSION.decode(document).items()}


def is_shown_as(shown: Shown, document: bytes) -> bool:
    """Whether an object is shown as a document of it says, to the number and the order of lists.

    In the versions that both have, which have to be some: which ones are served may have changed.
    """
    before = shown_in(document)
    both = shown.keys() & before.keys()
    return bool(both) and all(_is_same(shown[each], before[each]) for each in both)


def _is_same(one: bytes, other: bytes) -> bool:
    """Whether two texts of JSON say the same; a document may have been written otherwise."""
    return one == other or _in_order(one) == _in_order(other)


def _in_order(text: bytes) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(text), order="sorted")
