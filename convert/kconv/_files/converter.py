"""Converting parsed manifests: every document to its version, every problem at once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from kconv._errors import (
    ConversionError,
    DecodeError,
    InvalidObject,
    KconvError,
    NotRegistered,
    Problem,
    StrictDecodeError,
    UsageError,
)
from kconv._files.converted import ConversionProblem, ConvertedDocument, ObjectLoss, Value
from kconv._files.foreign import PATCH, UNKNOWN_KIND, PassedOver, is_with_kustomization
from kconv._files.groups import is_list
from kconv._files.inside import Inside
from kconv._files.manifests import Document, Manifest
from kconv._files.refusals import lacks, refusals
from kconv._files.releases import Releases
from kconv._files.targets import preferred, served
from kconv._gvk import GroupVersion, GroupVersionKind
from kconv._messages import problem_lines
from kconv._paths import REQUIRED
from kconv._pipeline import Decoded, Lost, Pipeline, PlainEngine, converts_to
from kconv._scheme import Scheme, Spoke


class Converter:
    """Converts documents to one version for each group, by default the preferred one.

    ``few`` says that it is not worth compiling the versions first, and ``source`` which version and
    kind documents are, which do not say it. With ``releases``, objects in versions that the target
    release serves stay as they are, and others go to the best that it serves. Findings are in
    ``problems``, ``warnings``, ``losses`` and ``passed``.
    """

    def __init__(
        self,
        scheme: Scheme,
        targets: Sequence[GroupVersion],
        *,
        strict: bool = False,
        ignore_unknown: bool = False,
        few: bool = False,
        source: GroupVersionKind | None = None,
        releases: Releases | None = None,
    ) -> None:
        self.releases = releases
        self.pipeline = Pipeline(scheme, PlainEngine() if few else None)
        self.source = None if source is None else _document_spoke(scheme, source)
        self.targets = tuple(targets)
        self.strict = strict
        self.ignore_unknown = ignore_unknown
        self.problems: list[ConversionProblem] = []
        self.warnings: list[str] = []
        self.losses: list[ObjectLoss] = []
        self.passed: list[PassedOver] = []
        self._lenient_in: Manifest | None = None
        self.inside: Inside | None = None

    def convert(
        self, manifest: Manifest, document: Document, *, lenient: bool = False
    ) -> ConvertedDocument:
        """Convert a document, a list's items one by one; what is wrong is added to `findings`.

        ``lenient`` passes over kinds that are not known, and patches.
        """
        where = manifest.where(document)
        self._lenient_in = manifest if lenient else None
        result = ConvertedDocument(document, document.value)
        if not isinstance(document.value, dict):
            what = "a manifest has apiVersion and kind" if self.source is None else "a document is"
            error = DecodeError(f"not an object: {what}")
            self._problem(where, error)
            return result
        self._unknown(where, [f'duplicate field "{path}"' for path in document.duplicates])
        items = document.value.get("items")
        if self.source is None and is_list(document.value) and isinstance(items, list | None):
            self._list(where, result, items)
        else:
            result.value, result.intended = self._object(where, result, document.value)
        return result

    def _list(self, where: str, result: ConvertedDocument, items: list[Any] | None) -> None:
        value = result.document.value
        typed = value["kind"] != "List"
        implied = {"apiVersion": value.get("apiVersion"), "kind": value["kind"][: -len("List")]}
        done: list[Any] = []
        written: list[Callable[[], Value]] = []
        for position, item in enumerate(items or ()):
            at = f"{where}, items[{position}]"
            if not isinstance(item, dict):
                self._problem(at, DecodeError("not an object: an item has apiVersion and kind"))
                continue
            made, intend = self._object(at, result, {**implied, **item} if typed else item)
            done.append(made)
            written.append(intend)
        result.value = {**value, "items": None if items is None else done}
        heads = {(item.get("apiVersion"), item.get("kind")) for item in done}
        head: Value = {}
        if typed and len(heads) == 1:
            api_version, kind = heads.pop()
            head = {"apiVersion": api_version, "kind": f"{kind}List"}
            result.value |= head
        elif typed and not done:
            self._empty_list(where, result)
            head = {name: result.value[name] for name in ("apiVersion", "kind")}
        result.intended = partial(_intended_list, value, head, written)

    def _empty_list(self, where: str, result: ConvertedDocument) -> None:
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

    def _object(
        self, where: str, result: ConvertedDocument, value: Value
    ) -> tuple[Value, Callable[[], Value]]:
        """The object in its new version, in full, and what gives it as a file is to say it.

        With what is inside of it, if that is converted too.
        """
        full, written = self._outside(where, result, value)
        changes = self.inside.changes(where, value) if self.inside is not None else {}
        if not changes:
            return full, written
        result.changed = True
        return _with_texts(full, changes), lambda: _with_texts(written(), changes)

    def _outside(
        self, where: str, result: ConvertedDocument, value: Value
    ) -> tuple[Value, Callable[[], Value]]:
        result.objects += 1
        unchanged = partial(_itself, value)
        try:
            decoded, sound = self._decoded(where, value)
            self._unknown(f"{where}: {_title(decoded)}", decoded.warnings)
            warned = len(self.warnings)
            target = self._target(where, decoded.spoke, _title(decoded))
            if target is None:
                result.left += len(self.warnings) > warned
                return value, unchanged
            # A rule that the object broke before it may break in other words afterwards.
            judged = sound and target is not decoded.spoke
            refused = partial(self._refused, where, target, decoded) if judged else None
            converted, losses = converts_to(self.pipeline, decoded, target, refused)
            self._lost(where, decoded, target, losses)
            full = self.pipeline.dump(converted)
            if target is decoded.spoke:
                return full, unchanged
            result.changed = True
            return full, partial(_intended, self.pipeline, value, decoded, converted)
        except NotRegistered as error:
            if self._lenient_in is not None and not self.ignore_unknown:
                kind = f"{value.get('apiVersion')} {value.get('kind')}"
                self.passed.append(PassedOver(where, UNKNOWN_KIND, kind))
            elif not self.ignore_unknown:
                self._problem(where, error)
        except KconvError as error:
            if self._is_patch(error):
                head = (0, str(value["apiVersion"]), str(value["kind"]))
                self.passed.append(PassedOver(where, PATCH, says=(head,)))
            else:
                self._problem(where, error)
        return value, unchanged

    def _is_patch(self, error: KconvError) -> bool:
        """Whether an object that is refused is part of one, as patches of kustomize are."""
        if self._lenient_in is None or not isinstance(error, InvalidObject):
            return False
        incomplete = any(finding.reason == REQUIRED for finding in error.findings)
        return incomplete and is_with_kustomization(self._lenient_in.path)

    def _decoded(self, where: str, value: Value) -> tuple[Decoded, bool]:
        """The object, unless it is incomplete; a value that breaks another rule is warned about.

        And whether it breaks none.

        Kubernetes' own conversion does not validate either: the person who converts an object may
        not be the one who can correct it.
        """
        try:
            # The version is looked up first: then the engine need not look for unknown fields.
            spoke = self.source or self._known(value)
            return self.pipeline.load(value, spoke=spoke, field_validation="Warn"), True
        except InvalidObject as error:
            if self.strict or self._incomplete(value):
                raise
            decoded = self.pipeline.load(
                value, spoke=self.source, field_validation="Warn", checks="types"
            )
            self._refused(where, decoded.spoke, decoded, error.findings)
            return decoded, False

    def _refused(
        self, where: str, spoke: Spoke, decoded: Decoded, findings: Sequence[Problem]
    ) -> None:
        if self.strict:
            raise InvalidObject(f"{spoke.gvk} would be invalid", findings=findings)
        self.warnings += refusals(where, spoke, decoded.ref, findings)

    def _known(self, value: Value) -> Spoke | None:
        """The version that an object says it is in; None where that is for others to judge."""
        api_version, kind = value.get("apiVersion"), value.get("kind")
        if not isinstance(api_version, str) or not isinstance(kind, str):
            return None
        with suppress(KconvError):
            spoke = self.pipeline.scheme.spoke(GroupVersion.parse(api_version).kind(kind))
            return spoke if spoke.envelope else None
        return None

    def _incomplete(self, value: Value) -> bool:
        """Whether a required field is not there."""
        try:
            self.pipeline.load(value, spoke=self.source, checks="fields")
        except InvalidObject as error:
            return lacks(value, error.findings)
        return False

    def best(self, api_version: str, kind: str) -> str:
        """The version and kind to convert to, or "" where nothing is known or there is none."""
        try:
            spoke = self._spoke({"apiVersion": api_version, "kind": kind})
        except KconvError:
            return ""
        found = preferred(spoke) if self.releases is None else served(spoke, self.releases)
        return f"{found.api_version} {found.options.kind}" if found else ""

    def goes_to(self, api_version: str, kind: str) -> str:
        """The version and kind that objects are converted to; "" where they stay as they are."""
        here = f"{api_version} {kind}"
        if self.releases is not None and self.releases.serves(api_version, kind):
            return ""
        if not self.targets:
            to = self.best(api_version, kind)
            return "" if to == here else to
        try:
            spoke = self._spoke({"apiVersion": api_version, "kind": kind})
        except KconvError:
            return ""
        found = [self.pipeline.scheme.version_of(spoke, each) for each in self.targets]
        names = [f"{each.api_version} {each.options.kind}" for each in found if each]
        return "" if not names or names[0] == here else names[0]

    def _spoke(self, value: Value) -> Spoke:
        gv = GroupVersion.parse(str(value.get("apiVersion") or ""))
        return self.pipeline.scheme.spoke(gv.kind(str(value["kind"])))

    def _target(self, where: str, spoke: Spoke, title: str) -> Spoke | None:
        """The spoke to convert to; None, and a warning, where the kind has none."""
        left = f"left in {spoke.api_version}"
        if self.releases is not None:
            found = served(spoke, self.releases)
            if found is None and not self.releases.serves(spoke.api_version, spoke.options.kind):
                release = f"Kubernetes {self.releases.target}"
                self.warnings.append(f"{where}: {title}: {release} serves no version of it; {left}")
            return found
        if not self.targets:
            return preferred(spoke)
        for target in self.targets:
            found = self.pipeline.scheme.version_of(spoke, target)
            if found is not None:
                return found
        wanted = " or ".join(map(str, self.targets))
        self.warnings.append(f"{where}: {title}: has no version {wanted}; {left}")
        return None

    def _unknown(self, where: str, warnings: Sequence[str]) -> None:
        if self.strict and warnings:
            lines = (where, *(f"  {warning}" for warning in warnings))
            self.problems.append(ConversionProblem(lines, StrictDecodeError("\n".join(lines))))
        elif warnings:
            self.warnings.extend(f"{where}: {each}, dropped" for each in warnings)

    def _lost(self, where: str, decoded: Decoded, target: Spoke, losses: Sequence[Lost]) -> None:
        where = f"{where}: {_title(decoded)}"
        found = [ObjectLoss(where, decoded.ref, target.api_version, loss) for loss in losses]
        self.losses.extend(found)
        if self.strict and found:
            lines = (where, *(f"  {each.what}" for each in found))
            self.problems.append(ConversionProblem(lines, ConversionError("\n".join(lines))))
        else:
            self.warnings.extend(map(str, found))

    def _problem(self, where: str, error: KconvError) -> None:
        head, *rest = problem_lines(error)
        about = str(error.about) if error.about and error.about.name else ""
        head = head.removeprefix(f"{about}: ")
        if about and error.about is not None and f'"{error.about.name}"' not in head:
            where = f"{where}: {about}"
        if isinstance(error, UsageError):
            # The author of the object is wrong, not the caller.
            error = DecodeError(error.message, about=error.about, findings=error.findings)
        self.problems.append(ConversionProblem((f"{where}: {head}", *rest), error))


def _intended(pipeline: Pipeline, written: Value, decoded: Decoded, converted: Decoded) -> Value:
    from kconv._files.intended import intended  # who edits no file need not load it

    return intended(pipeline, written, decoded, converted)


def _with_texts(value: Value, texts: Mapping[tuple[str, ...], str]) -> Value:
    """A copy in which some texts, by their paths, are others."""
    made = copy.deepcopy(value)
    for (*above, last), text in texts.items():
        inner = made
        for step in above:
            inner = inner[step]
        inner[last] = text
    return made


def _itself(value: Value) -> Value:
    return value


def _intended_list(value: Value, head: Value, items: Sequence[Callable[[], Value]]) -> Value:
    """A list as its file is to say it; items that leave their head to it go on doing so."""
    made = []
    for before, intend in zip(value["items"] or (), items, strict=True):
        item = intend()
        made.append({name: item[name] for name in item if name in before or name not in _HEAD})
    return {**value, **head, "items": None if value["items"] is None else made}


_HEAD = ("apiVersion", "kind")


def _document_spoke(scheme: Scheme, gvk: GroupVersionKind) -> Spoke:
    """The version that documents are in. Raises `UsageError` for what is none of documents."""
    try:
        spoke = scheme.spoke(gvk)
    except NotRegistered as error:
        raise UsageError(f"{error.message}: `kconv versions` lists them") from None
    if spoke.envelope:
        raise UsageError(f"{gvk.api_version} {gvk.kind}: its objects say what they are themselves")
    return spoke


def _title(decoded: Decoded) -> str:
    ref = decoded.ref
    return str(ref) if ref.name or not decoded.spoke.envelope else f"{ref} without a name"
