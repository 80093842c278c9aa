"""`spoke`: a version of a kind, declared by a model of another library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, overload

from kconv._document import Document
from kconv._errors import SchemeError
from kconv._models.carrier import Carrier
from kconv._models.member import NoModel
from kconv._paths import format_path
from kconv._resource import Resource
from kconv._schema import Type
from kconv.fields import spec_of
from kconv.fields._base import innermost
from kconv.fields._spec import AnyField

Unions = Mapping[type, Sequence[str] | Sequence[Sequence[str]]]


@overload
def spoke(
    model: type,
    *,
    group: str,
    version: str,
    kind: str = ...,
    document: Literal[False] = ...,
    one_of: Unions | None = ...,
    **meta: Any,
) -> type[Resource]: ...


@overload
def spoke(
    model: type,
    *,
    group: str,
    version: str,
    kind: str = ...,
    document: Literal[True],
    one_of: Unions | None = ...,
    **meta: Any,
) -> type[Document]: ...


def spoke(
    model: type,
    *,
    group: str,
    version: str,
    kind: str = "",
    document: bool = False,
    one_of: Unions | None = None,
    **meta: Any,
) -> type[Resource] | type[Document]:
    """A version of a kind that is declared by a pydantic model, a msgspec struct or a dataclass.

    The model has what the version has beside apiVersion, kind and metadata, such as ``spec``; with
    ``document`` it has everything. ``kind`` is the name of the model unless given, ``one_of`` the
    fields of models of which exactly one is set, and ``meta`` what else a ``class Meta`` of a
    version may say (`kconv.Resource`, `kconv.Document`).

    A value that a model cannot say in its annotations is said by a field of kconv:
    ``Annotated[str, kconv.fields.Duration()]``.

    Raises `SchemeError` that names everything that cannot be carried over, and what to do.
    """
    carrier = Carrier(one_of or {})
    base: type[Resource] | type[Document] = Document if document else Resource
    try:
        fields = carrier.fields(model)
    except NoModel as error:
        raise SchemeError(f"kconv.spoke(): {error}") from None
    held = set(_below(fields, set()))
    for each in carrier.unions:
        if each is not model and carrier.made.get(each) not in held:
            carrier.refuse((model.__name__,), f"holds no {each.__qualname__}, which one_of names")
    kind = kind or model.__name__
    envelope = {"apiVersion": f"{group}/{version}" if group else version, "kind": kind}
    for name in () if document else (*envelope, "metadata"):
        if not _says_nothing(fields.pop(name, None), envelope.get(name)):
            carrier.refuse(
                (model.__name__, name),
                "is there without being declared, with the meaning that Kubernetes gives it; take "
                "it out of the model, or make the version a document (document=True)",
            )
    if carrier.findings:
        lines = "\n".join(f"  {format_path(e.path)}: {e.message}" for e in carrier.findings)
        message = f"{model.__qualname__} cannot be carried over:\n{lines}"
        raise SchemeError(message, findings=carrier.findings)
    carrier.keep()
    said = {"group": group, "version": version, "kind": kind, **meta}
    if model in carrier.unions:
        said["one_of"] = carrier.unions[model]
    names = {**carrier.names(model), "Meta": type("Meta", (), said), **fields}
    made: Any = type(model.__name__, (base,), names)
    carrier.made[model] = made
    found: type[Resource] | type[Document] = made
    return found


def _below(fields: Mapping[str, AnyField], seen: set[type[Type]]) -> Iterator[type[Type]]:
    """The types of the objects that fields hold, at any depth."""
    for field in fields.values():
        with suppress(KeyError):  # The model itself, whose type is not made yet.
            of = spec_of(innermost(field)).object_type
            if of is not None and of not in seen:
                seen.add(of)
                yield of
                yield from _below(of.instance().wire_fields(), seen)


def _says_nothing(field: AnyField | None, value: str | None) -> bool:
    """Whether a field of the envelope says no more than the envelope does."""
    if field is None:
        return True
    spec = spec_of(field)
    if value is None:
        return spec.structure == "free"
    other = spec.pattern, spec.min_length, spec.max_length
    return spec.any_text and tuple(spec.enum) in ((), (value,)) and other == (None, None, None)
