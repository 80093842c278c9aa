"""CustomResourceDefinitions as they are kept in files: in one form, whatever their version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kconv._codec import yaml
from kconv._errors import DecodeError, UsageError
from kconv._importer.document import Schema

GROUP = "apiextensions.k8s.io"
KIND = "CustomResourceDefinition"


@dataclass(frozen=True, slots=True)
class CrdVersion:
    """One version of a custom resource: its structural schema, columns and subresources."""

    name: str
    storage: bool
    schema: Schema
    columns: tuple[Mapping[str, Any], ...] = ()
    subresources: tuple[str, ...] = ()
    scale: Mapping[str, str] = field(default_factory=dict)
    selectable: tuple[str, ...] = ()
    deprecated: bool = False
    deprecation_warning: str = ""
    served: bool = True


@dataclass(frozen=True, slots=True)
class Crd:
    """A custom resource in all its versions."""

    group: str
    kind: str
    plural: str
    singular: str
    short_names: tuple[str, ...]
    categories: tuple[str, ...]
    namespaced: bool
    versions: tuple[CrdVersion, ...]

    @property
    def storage(self) -> CrdVersion:
        """The version that the cluster stores."""
        return next(each for each in self.versions if each.storage)


def read_crds(data: bytes, source: str) -> list[Crd]:
    """The CRDs in the bytes of a YAML or JSON file, lists of them included; ``source`` names it.

    Other objects are passed over. Raises `DecodeError` for what is not YAML, and `UsageError` for
    a file without CRDs and for a CRD that says too little.
    """
    try:
        documents = yaml.decode_all(data)
    except DecodeError as error:
        raise DecodeError(f"{source}: not YAML: {error.message}") from error
    found = [_crd(each, source) for document in documents for each in _objects(document)]
    if not found:
        raise UsageError(f"{source}: no {KIND} in this file")
    return found


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(document, dict):
        return
    if isinstance(document.get("items"), list):
        for item in document["items"]:
            yield from _objects(item)
    elif document.get("kind") == KIND and str(document.get("apiVersion")).startswith(f"{GROUP}/"):
        yield document


def _crd(document: dict[str, Any], source: str) -> Crd:
    metadata = document.get("metadata") or {}
    name = str(metadata.get("name", "")) if isinstance(metadata, dict) else ""
    where = f"{source}: {KIND} {name or '(without a name)'}"
    spec = _map(document.get("spec"), where, "spec")
    names = _map(spec.get("names"), where, "spec.names")
    kind, plural, group = names.get("kind"), names.get("plural"), spec.get("group")
    if not all(isinstance(each, str) and each for each in (kind, plural, group)):
        raise UsageError(f"{where}: needs spec.group, spec.names.kind and spec.names.plural")
    given = spec.get("versions")
    if given is None and isinstance(spec.get("version"), str):
        given = [{"name": spec["version"], "served": True, "storage": True}]
    if not isinstance(given, list) or not given:
        raise UsageError(f"{where}: spec.versions is not a list of versions")
    versions = tuple(
        _version(_map(each, where, f"spec.versions[{at}]"), spec, f"{where}: spec.versions[{at}]")
        for at, each in enumerate(given)
    )
    if sum(each.storage for each in versions) != 1:
        raise UsageError(f"{where}: exactly one of spec.versions must have storage: true")
    if len({each.name for each in versions}) != len(versions):
        raise UsageError(f"{where}: spec.versions has a version twice")
    return Crd(
        group=str(group),
        kind=str(kind),
        plural=str(plural),
        singular=str(names.get("singular") or str(kind).lower()),
        short_names=_texts(names.get("shortNames")),
        categories=_texts(names.get("categories")),
        namespaced=spec.get("scope", "Namespaced") != "Cluster",
        versions=versions,
    )


def _version(given: dict[str, Any], spec: dict[str, Any], where: str) -> CrdVersion:
    name = given.get("name")
    if not isinstance(name, str) or not name:
        raise UsageError(f"{where}: has no name")
    # In v1beta1 one schema, one set of columns and of subresources may stand for all versions.
    validation = given.get("schema") or spec.get("validation") or {}
    schema = validation.get("openAPIV3Schema") if isinstance(validation, dict) else None
    if not isinstance(schema, dict):
        raise UsageError(f"{where}: {name} has no schema.openAPIV3Schema")
    columns = given.get("additionalPrinterColumns") or spec.get("additionalPrinterColumns") or []
    subresources = given.get("subresources") or spec.get("subresources") or {}
    selectable = given.get("selectableFields") or []
    return CrdVersion(
        name=name,
        storage=given.get("storage") is True,
        schema=schema,
        columns=tuple(each for each in columns if isinstance(each, dict)),
        subresources=tuple(key for key, value in subresources.items() if value is not None),
        scale={
            key: value
            for key, value in (subresources.get("scale") or {}).items()
            if isinstance(value, str)
        },
        selectable=tuple(
            str(each["jsonPath"]) for each in selectable if isinstance(each, dict) and each
        ),
        deprecated=given.get("deprecated") is True,
        deprecation_warning=str(given.get("deprecationWarning") or ""),
        served=given.get("served") is not False,
    )


def _map(value: Any, where: str, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{where}: {path} is not a map")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()
