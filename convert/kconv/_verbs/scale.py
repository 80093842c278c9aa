"""The subresource ``scale``: an object seen as an autoscaling/v1 Scale, and written through it.

What is written is how many replicas are wanted, and nothing else; it is owned in the version of the
object, as its subresource, as ``ScaleHandler`` of Kubernetes has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from kconv._codec import json as json_codec
from kconv._errors import DecodeError, InvalidObject
from kconv._managed.check import check
from kconv._managed.shape import Shapes
from kconv._paths import Finding, invalid
from kconv._pipeline import Decoded, Pipeline
from kconv._resource import Column, Hub, Resource, ScalePaths, hub_of
from kconv._schema import Type, omits_zero, validates
from kconv._scheme import Scheme, Spoke
from kconv._verbs import apply as applying
from kconv._verbs.answer import Answer
from kconv._verbs.apply import Configuration
from kconv._verbs.body import Body, unrecognized
from kconv._verbs.call import Call
from kconv._verbs.current import Current
from kconv._verbs.encoded import Encoded
from kconv._verbs.options import WriteOptions
from kconv._verbs.patch import does_not_fit
from kconv._verbs.patches import Patch
from kconv._verbs.refusal import Refusal, bad_request
from kconv._verbs.refusal import invalid as unacceptable
from kconv._verbs.replace import Replacement, replace_object
from kconv._verbs.retrying import insists, with_retries
from kconv._verbs.update import check_names, check_version
from kconv.edges import Edge
from kconv.fields import Int32, Object, String

SUBRESOURCE = "scale"

Document = dict[str, Any]

_SHOWN = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
"""What a Scale has of the metadata of its object."""


class ScaleSpec(Type):
    """How many replicas are wanted."""

    replicas = Int32(load_default=0)


class ScaleStatus(Type):
    """How many there are, and what selects them."""

    replicas = Int32(load_default=0)
    selector = String()


class Scale(Resource):
    """The kind that the subresource of any kind is served as."""

    class Meta:
        group = "autoscaling"
        version = "v1"
        subresources = ()
        printer_columns = (
            Column("Desired", "spec.replicas", type="integer"),
            Column("Available", "status.replicas", type="integer"),
            Column("Age", "metadata.creationTimestamp", type="date"),
        )

    spec = Object(ScaleSpec, load_default=dict)
    status = Object(ScaleStatus, load_default=dict)


omits_zero(ScaleSpec, "replicas")
omits_zero(ScaleStatus, "selector")


@validates(ScaleSpec)
def _is_a_number_of_things(value: Mapping[str, Any]) -> Iterator[Finding]:
    if (value.get("replicas") or 0) < 0:
        yield invalid(("replicas",), value["replicas"], "must be greater than or equal to 0")


@cache
def _pipeline() -> Pipeline:
    scheme = Scheme()
    hub: type[Hub] = hub_of(Scale)
    scheme.add(hub, Edge(Scale), storage="autoscaling/v1")
    return Pipeline(scheme.freeze())


@cache
def _spoke() -> Spoke:
    return _pipeline().scheme.kinds[0].spokes[0]


async def get(call: Call) -> Answer:
    """The scale of an object. Raises as `kconv._verbs.get.get`."""
    row = await call.objects.row(call.target.key)
    return _answer(call, call.encoded(row))


async def update(call: Call, body: Body, options: WriteOptions) -> Answer:
    """Replace the scale of an object by the one in the body. Raises as `update.update`."""
    try:
        decoded = await call.work(
            lambda: body.decode(_pipeline(), _spoke(), options.field_validation)
        )
    except InvalidObject as error:
        raise _invalid(call, error) from None
    except DecodeError as error:
        raise unrecognized(error, "Scale") from None
    call.warnings.extend(decoded.warnings)
    wanted = _document(decoded)
    check_names(call, wanted["metadata"])
    version = wanted["metadata"].get("resourceVersion")

    async def attempt(newest: bool) -> Answer:
        current = await call.objects.get(call.kind, call.target.key, newest=newest)
        return await _write(call, current, wanted, options, newest)

    return await with_retries(call, call.target.key, attempt, again=not insists(version))


async def patch(call: Call, read: Patch, options: WriteOptions) -> Answer:
    """Apply a patch to the scale of an object. Raises as `patch.patch`."""

    def patched(current: Current) -> Document:
        call.warnings.clear()
        before = scale_of(call.encoded(current.row, current).document, call.spoke.options.scale)
        document = read.apply(before, Scale)
        if read.warnings and options.field_validation == "Strict":
            raise does_not_fit(call, f"strict decoding error: {', '.join(read.warnings)}")
        call.warnings.extend(read.warnings)
        try:
            decoded = _pipeline().load(
                document, spoke=_spoke(), field_validation=options.field_validation
            )
        except InvalidObject as error:
            raise _invalid(call, error) from None
        except DecodeError as error:
            raise does_not_fit(call, error.message) from None
        call.warnings.extend(decoded.warnings)
        wanted = _document(decoded)
        check_names(call, wanted["metadata"])
        check_version(call, wanted["metadata"], current)
        if not read.resource_version:
            wanted["metadata"].pop("resourceVersion", None)
        return wanted

    async def attempt(newest: bool) -> Answer:
        current = await call.objects.get(call.kind, call.target.key, newest=newest)
        return await _write(call, current, patched(current), options, newest)

    again = not insists(read.resource_version)
    return await with_retries(call, call.target.key, attempt, again=again)


async def apply(call: Call, read: Configuration, options: WriteOptions) -> Answer:
    """Apply a scale to an object. Raises as `kconv._verbs.apply.apply`."""
    document = read.document
    said = (document.get("apiVersion"), document.get("kind"))
    if said != ("autoscaling/v1", "Scale"):
        group, _, version = str(said[0] or "").rpartition("/")
        raise bad_request(f"invalid object type: {group}/{version}, Kind={said[1] or ''}")
    if why := check(Shapes(zeros=True).of_type(Scale), document):
        raise Refusal("", f"failed to create typed patch object: {why}", code=500)
    replicas = (document.get("spec") or {}).get("replicas")
    if replicas is not None and replicas < 0:
        finding = invalid(("spec", "replicas"), replicas, "must be greater than or equal to 0")
        raise unacceptable("autoscaling", "Scale", call.target.name, [finding])
    gvk = call.spoke.gvk
    whole: Document = {"apiVersion": gvk.api_version, "kind": gvk.kind}
    if document.get("metadata"):
        whole["metadata"] = document["metadata"]
    if replicas is not None:
        _put(whole, call.spoke.options.scale.spec_replicas, replicas)
    answer = await applying.apply(call, Configuration(whole, read.duplicates), options)
    assert answer.encoded is not None, "it is an object"
    return _answer(call, answer.encoded)


async def _write(
    call: Call, current: Current, wanted: Document, options: WriteOptions, newest: bool
) -> Answer:
    meta = wanted["metadata"]
    check_version(call, meta, current)
    document = call.encoded(current.row, current).document
    _put(document, call.spoke.options.scale.spec_replicas, wanted["spec"].get("replicas", 0))
    document["metadata"]["resourceVersion"] = meta.get("resourceVersion")
    pipeline = call.objects.pipeline
    try:
        decoded = pipeline.load(document, spoke=call.spoke, field_validation="Ignore")
    except InvalidObject as error:
        gvk = call.spoke.gvk
        raise unacceptable(gvk.group, gvk.kind, call.target.name, error.findings) from None
    made = Replacement(current, decoded, options.dry_run, newest, options.field_manager)
    return _answer(call, await replace_object(call, made))


def scale_of(document: Mapping[str, Any], paths: ScalePaths) -> Document:
    """The Scale of an object, whose ``document`` is of a version with those paths."""
    status: Document = {"replicas": _at(document, paths.status_replicas) or 0}
    if selector := _selector(_at(document, paths.label_selector)):
        status["selector"] = selector
    replicas = _at(document, paths.spec_replicas)
    metadata = document["metadata"]
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in _SHOWN if name in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": status,
    }


def _answer(call: Call, encoded: Encoded) -> Answer:
    scale = scale_of(encoded.document, call.spoke.options.scale)
    made = Encoded(json_codec.encode(scale))
    return Answer(encoded=made, spoke=_spoke(), warnings=tuple(call.warnings))


def _document(decoded: Decoded) -> Document:
    document: Document = _pipeline().dump(decoded)
    return document


def _invalid(call: Call, error: InvalidObject) -> Refusal:
    call.warnings.extend(error.warnings)
    return unacceptable("autoscaling", "Scale", call.target.name, error.findings)


def _at(document: Mapping[str, Any], path: str) -> Any:
    found: Any = document
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _put(document: Document, path: str, value: Any) -> None:
    *steps, last = path.split(".")
    for step in steps:
        document = document.setdefault(step, {})
    document[last] = value


def _selector(value: Any) -> str:
    """A selector as text: ``app=web,tier in (a,b)``; of labels, or of a LabelSelector."""
    if not isinstance(value, dict):
        return value if isinstance(value, str) else ""
    is_selector = value.keys() <= {"matchLabels", "matchExpressions"}
    labels = (value.get("matchLabels") or {}) if is_selector else value
    parts = [(key, f"{key}={label}") for key, label in labels.items()]
    if is_selector:
        parts += [(each["key"], _requirement(each)) for each in value.get("matchExpressions") or ()]
    return ",".join(text for _, text in sorted(parts))


def _requirement(value: Mapping[str, Any]) -> str:
    key, operator = value["key"], value["operator"]
    if operator == "Exists":
        return str(key)
    if operator == "DoesNotExist":
        return f"!{key}"
    return f"{key} {operator.lower()} ({','.join(sorted(value.get('values') or ()))})"
