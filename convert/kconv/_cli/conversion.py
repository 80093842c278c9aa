"""Converting manifests: every document to its version, every problem of all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from kconv._cli.manifest import Document, Manifest
from kconv._cli.message import problem_lines
from kconv._errors import DecodeError, InvalidObject, KconvError, NotRegistered, UsageError
from kconv._gvk import GroupVersion, version_key
from kconv._paths import REQUIRED
from kconv._pipeline import Decoded, Lost, Pipeline, PlainEngine, converts_to
from kconv._scheme import HubKind, Scheme, Spoke, load_scheme
from kconv._scheme.load import installed_groups

Value = dict[str, Any]

WORTH_COMPILING = 40
"""From so many objects on, compiling their versions takes less time than it saves."""


@dataclass(slots=True)
class Converted:
    """What became of one document; ``changed`` when an object of it has another version now."""

    document: Document
    value: Value
    changed: bool = False
    objects: int = 0


@dataclass(slots=True)
class Findings:
    """What there is to tell: ``problems`` keep anything from being written."""

    problems: list[list[str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def scheme_for(
    manifests: Sequence[Manifest], targets: Sequence[GroupVersion], apis: Sequence[str]
) -> Scheme:
    """The scheme of the API groups that the manifests and the target versions speak of.

    Raises `UsageError` for a target that no installed API has.
    """
    found = {_group(value) for manifest in manifests for value in _objects(manifest)}
    found |= {target.group for target in targets}
    scheme = load_scheme(found & set(installed_groups()), apis, deep=bool(apis))
    if not found <= set(scheme.groups()):
        # A group that no package goes by may still hold versions of another group's kind.
        scheme = load_scheme(apis=apis)
    for target in targets:
        versions = scheme.versions(target.group)
        if target.version not in versions:
            raise UsageError(f"no version {target}: {_instead(target, versions)}")
    return scheme


def _instead(target: GroupVersion, versions: Sequence[str]) -> str:
    have = ", ".join(str(GroupVersion(target.group, version)) for version in versions)
    if not target.group:
        return f"the core group has {have or 'none'}; others are written as batch/v1 is"
    return f"there are {have}" if have else "`kconv versions` lists what there is"


def are_few(manifests: Sequence[Manifest]) -> bool:
    """Whether the objects of all manifests are converted before versions would be compiled."""
    objects = (1 for manifest in manifests for _ in _objects(manifest))
    return sum(islice(objects, WORTH_COMPILING)) < WORTH_COMPILING


class Converter:
    """Converts documents to one version for each group, by default the preferred one.

    ``few`` says that it is not worth compiling the versions first.
    """

    def __init__(
        self,
        scheme: Scheme,
        targets: Sequence[GroupVersion],
        *,
        strict: bool = False,
        ignore_unknown: bool = False,
        few: bool = False,
    ) -> None:
        self.pipeline = Pipeline(scheme, PlainEngine() if few else None)
        self.targets = tuple(targets)
        self.strict = strict
        self.ignore_unknown = ignore_unknown
        self.findings = Findings()

    def convert(self, manifest: Manifest, document: Document) -> Converted:
        """Convert a document, a list's items one by one; what is wrong is added to `findings`."""
        where = manifest.where(document)
        result = Converted(document, document.value)
        if not isinstance(document.value, dict):
            error = DecodeError("not an object: a manifest has apiVersion and kind")
            self._problem(where, error)
            return result
        self._unknown(where, [f'duplicate field "{path}"' for path in document.duplicates])
        items = document.value.get("items")
        if _is_list(document.value) and isinstance(items, list):
            self._list(where, result, items)
        else:
            result.value = self._object(where, result, document.value)
        return result

    def _list(self, where: str, result: Converted, items: list[Any]) -> None:
        value = result.document.value
        typed = value["kind"] != "List"
        implied = {"apiVersion": value.get("apiVersion"), "kind": value["kind"][: -len("List")]}
        done: list[Any] = []
        for position, item in enumerate(items):
            at = f"{where}, items[{position}]"
            if not isinstance(item, dict):
                self._problem(at, DecodeError("not an object: an item has apiVersion and kind"))
                continue
            done.append(self._object(at, result, {**implied, **item} if typed else item))
        result.value = {**value, "items": done}
        heads = {(item.get("apiVersion"), item.get("kind")) for item in done}
        if typed and len(heads) == 1:
            api_version, kind = heads.pop()
            result.value |= {"apiVersion": api_version, "kind": f"{kind}List"}
        elif typed and not done:
            self._empty_list(where, result)

    def _empty_list(self, where: str, result: Converted) -> None:
        value = result.document.value
        item = {"apiVersion": value.get("apiVersion"), "kind": value["kind"][: -len("List")]}
        try:
            target = self._target(where, self._spoke(item), "an empty list")
        except KconvError as error:
            if not (isinstance(error, NotRegistered) and self.ignore_unknown):
                self._problem(where, error)
            return
        if target is not None:
            result.value |= {"apiVersion": target.api_version, "kind": target.options.list_kind}
            result.changed |= result.value["apiVersion"] != value.get("apiVersion")

    def _object(self, where: str, result: Converted, value: Value) -> Value:
        result.objects += 1
        try:
            decoded = self._decoded(where, value)
            self._unknown(f"{where}: {_title(decoded)}", decoded.warnings)
            target = self._target(where, decoded.spoke, _title(decoded))
            if target is None:
                return value
            if target is not decoded.spoke:
                result.changed = True
            converted, losses = converts_to(self.pipeline, decoded, target)
            self._lost(f"{where}: {_title(decoded)}", target, losses)
            return self.pipeline.dump(converted)
        except NotRegistered as error:
            if not self.ignore_unknown:
                self._problem(where, error)
        except KconvError as error:
            self._problem(where, error)
        return value

    def _decoded(self, where: str, value: Value) -> Decoded:
        """The object, unless it is incomplete; a value that breaks another rule is warned about.

        A conversion needs no more, and whoever converts may have no say in the values: Kubernetes'
        own conversion looks at none of them.
        """
        try:
            return self.pipeline.load(value, field_validation="Warn")
        except InvalidObject as error:
            if self.strict or self._incomplete(value):
                raise
            decoded = self.pipeline.load(value, field_validation="Warn", checks="types")
            self.findings.warnings.extend(
                f"{where}: {_title(decoded)}: {finding}; a server would refuse it"
                for finding in error.findings
            )
            return decoded

    def _incomplete(self, value: Value) -> bool:
        """Whether a required field is not there."""
        try:
            self.pipeline.load(value, checks="fields")
        except InvalidObject as error:
            return any(finding.reason == REQUIRED for finding in error.findings)
        return False

    def _spoke(self, value: Value) -> Spoke:
        gv = GroupVersion.parse(str(value.get("apiVersion") or ""))
        return self.pipeline.scheme.spoke(gv.kind(str(value["kind"])))

    def _target(self, where: str, spoke: Spoke, title: str) -> Spoke | None:
        """The spoke to convert to; None, and a warning, where the kind has none."""
        if not self.targets:
            return preferred(spoke.kind, spoke.options.kind)
        for target in self.targets:
            found = spoke.kind.spoke_for(target, spoke.options.kind)
            if found is not None:
                return found
        wanted = " or ".join(map(str, self.targets))
        self.findings.warnings.append(
            f"{where}: {title}: has no version {wanted}; left in {spoke.api_version}"
        )
        return None

    def _unknown(self, where: str, warnings: Sequence[str]) -> None:
        if self.strict and warnings:
            self.findings.problems.append([where, *(f"  {warning}" for warning in warnings)])
        elif warnings:
            self.findings.warnings.extend(f"{where}: {each}, dropped" for each in warnings)

    def _lost(self, where: str, target: Spoke, losses: Sequence[Lost]) -> None:
        told = [f"{loss}, which {target.api_version} cannot hold" for loss in losses]
        if self.strict and told:
            self.findings.problems.append([where, *(f"  {each}" for each in told)])
        else:
            self.findings.warnings.extend(f"{where}: {each}" for each in told)

    def _problem(self, where: str, error: KconvError) -> None:
        head, *rest = problem_lines(error)
        about = str(error.about) if error.about and error.about.name else ""
        if about and error.about is not None and f'"{error.about.name}"' not in head:
            where = f"{where}: {about}"
        self.findings.problems.append([f"{where}: {head}", *rest])


def preferred(kind: HubKind, name: str) -> Spoke:
    """The preferred spoke of a kind, in the hub's own group if it has one there."""
    own = [spoke for spoke in kind.spokes if spoke.gvk.group == kind.options.group]
    best = min(own or kind.spokes, key=lambda spoke: version_key(spoke.options.version))
    return kind.spoke_for(best.group_version, name) or best


def _title(decoded: Decoded) -> str:
    ref = decoded.ref
    return str(ref) if ref.name else f"{ref} without a name"


def _objects(manifest: Manifest) -> Iterator[Any]:
    for document in manifest.documents:
        value = document.value
        if not isinstance(value, dict):
            continue
        if _is_list(value) and isinstance(value.get("items"), list):
            if value["kind"] != "List":
                yield value
            yield from (item for item in value["items"] if isinstance(item, dict))
        else:
            yield value


def _is_list(value: Value) -> bool:
    kind = value.get("kind")
    return isinstance(kind, str) and kind.endswith("List") and "items" in value


def _group(value: Value) -> str:
    api_version = value.get("apiVersion")
    group, slash, _ = str(api_version or "").partition("/")
    return group if slash else ""
