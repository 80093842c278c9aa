"""Server-side apply: an object, or a part of one, is brought to what a manager wants of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._errors import DecodeError, InvalidObject, NotFound
from kconv._managed.check import check
from kconv._managed.conflicts import ApplyConflict
from kconv._managed.lists import NoStep
from kconv._paths import Path, describe, format_path, invalid
from kconv._pipeline import Decoded
from kconv._structural import nulls, schema_of
from kconv._verbs import create as creating
from kconv._verbs.answer import Answer
from kconv._verbs.body import DocumentBody, InvalidBody, without_status
from kconv._verbs.call import Call
from kconv._verbs.current import Current
from kconv._verbs.metadata import timestamp
from kconv._verbs.metadata_rules import check_metadata
from kconv._verbs.options import WriteOptions
from kconv._verbs.ownership import Entries, entries_of
from kconv._verbs.refusal import Refusal, apply_conflict, bad_request, check_namespace
from kconv._verbs.refusal import invalid as unacceptable
from kconv._verbs.replace import Replacement, bare_and_canonical, in_version, replace_object
from kconv._verbs.retrying import insists, with_retries
from kconv._verbs.update import check_names, check_version

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is applied: a document, with the fields that it has twice."""

    document: dict[str, Any]
    duplicates: tuple[Path, ...] = ()


def read_configuration(body: bytes) -> Configuration:
    """Read the body of an apply, which is YAML, or JSON. Raises `Refusal` (400)."""
    try:
        if body.lstrip()[:1] == b"{":
            try:
                document = json_codec.decode(body)
                return _configuration(document, tuple(json_codec.duplicate_keys(body)))
            except DecodeError:
                pass  # flow style of YAML
        documents = yaml_codec.decode_all_with_duplicates(body)
    except DecodeError as error:
        raise bad_request(f"error decoding YAML: {error.message}") from None
    if not documents:
        return _configuration({}, ())
    document, duplicates = documents[0]
    return _configuration(document, tuple(duplicates))


def _configuration(document: Any, duplicates: tuple[Path, ...]) -> Configuration:
    if document is not None and not isinstance(document, dict):
        raise bad_request("error decoding YAML: what is applied is not an object")
    return Configuration(document or {}, duplicates)


async def apply(call: Call, read: Configuration, options: WriteOptions) -> Answer:
    """Apply a configuration to the object that the call is for, which is created if need be.

    Raises `Refusal`, with 409 for fields that others own with other values, and
    `kconv._errors.KconvError`.
    """
    _check(call, read, options)
    for remaining in reversed(range(_ATTEMPTS)):
        try:
            return await _to_existing(call, read, options)
        except NotFound:
            if call.target.subresource:
                raise
        try:
            return await _create(call, read, options)
        except Refusal as refusal:
            # Somebody else was faster.
            if refusal.reason != "AlreadyExists" or not remaining:
                raise
    raise AssertionError("unreachable")


def _check(call: Call, read: Configuration, options: WriteOptions) -> None:
    """Refuse what is no configuration of the version that the call is for."""
    document, gvk = read.document, call.spoke.gvk
    said = [document.get(name) for name in ("apiVersion", "kind")]
    if said != [gvk.api_version, gvk.kind]:
        group, _, version = str(said[0] or "").rpartition("/")
        raise bad_request(f"invalid object type: {group}/{version}, Kind={said[1] or ''}")
    metadata = document.get("metadata")
    given: Mapping[str, Any] = metadata if isinstance(metadata, dict) else {}
    if given.get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    namespace = given.get("namespace")
    check_namespace(call.target.namespace, namespace)
    shape = call.objects.ownership.versions(call.kind).shape(call.spoke.api_version)
    if why := check(shape, document):
        about = (
            f"{namespace or ''}/{given.get('name') or ''}; "
            f"{gvk.group}/{gvk.version}, Kind={gvk.kind}"
        )
        raise Refusal("", f"failed to create typed patch object ({about}): {why}", code=500)
    if read.duplicates and options.field_validation != "Ignore":
        twice = [f'duplicate field "{format_path(each)}"' for each in read.duplicates]
        if options.field_validation == "Strict":
            raise bad_request(f"error strict decoding YAML: {', '.join(twice)}")
        call.warnings.extend(twice)


async def _to_existing(call: Call, read: Configuration, options: WriteOptions) -> Answer:
    def applied(current: Current) -> tuple[Decoded, Entries]:
        ownership, pipeline = call.objects.ownership, call.objects.pipeline
        before = bare_and_canonical(current.hub)
        live = ownership.document(in_version(pipeline, current, before, call.spoke), before[0])
        document, entries = _applied(call, read, options, live, entries_of(current.meta) or [])
        metadata = document.get("metadata") or {}
        version = (read.document.get("metadata") or {}).get("resourceVersion")
        check_version(call, {"resourceVersion": version}, current)
        _check_uid(call, metadata, current.stored.uid)
        check_names(call, metadata)
        return _decoded(call, document), entries

    async def attempt(newest: bool) -> Answer:
        current = await call.objects.get(call.kind, call.target.key, newest=newest)
        decoded, entries = await call.work(lambda: applied(current), len(current.stored.data))
        made = Replacement(current, decoded, options.dry_run, newest, entries=entries)
        encoded = await replace_object(call, made)
        return Answer(encoded=encoded, spoke=call.spoke, warnings=tuple(call.warnings))

    metadata = read.document.get("metadata") or {}
    again = not insists(metadata.get("resourceVersion"))
    return await with_retries(call, call.target.key, attempt, again=again)


async def _create(call: Call, read: Configuration, options: WriteOptions) -> Answer:
    document, entries = _applied(call, read, options, None, [])
    metadata = dict(document.get("metadata") or {})
    check_names(call, metadata)
    _check_uid(call, metadata, "")
    metadata.pop("resourceVersion", None)
    body = DocumentBody({**document, "metadata": metadata})
    return await creating.create(call, body, options, entries=entries)


def _applied(
    call: Call,
    read: Configuration,
    options: WriteOptions,
    live: dict[str, Any] | None,
    entries: Entries,
) -> tuple[dict[str, Any], Entries]:
    manager = call.objects.ownership.manager(call.spoke, call.target.subresource)
    try:
        made = manager.apply(
            live,
            read.document,
            entries,
            options.field_manager,
            timestamp(),
            force=options.force,
        )
    except ApplyConflict as conflict:
        raise apply_conflict(conflict) from None
    except NoStep as error:
        raise Refusal("", f"failed to merge config: {error}", code=500) from None
    schema, gvk = schema_of(call.spoke), call.spoke.gvk
    if schema is not None and (found := [*nulls(read.document, schema)]):
        # A client that applies a null would own it: it is not taken for absent.
        raise unacceptable(gvk.group, gvk.kind, call.target.name, found)
    return made


def _check_uid(call: Call, metadata: Mapping[str, Any], uid: str) -> None:
    given = metadata.get("uid")
    if given and given != uid:
        finding = invalid(("metadata", "uid"), given, "field is immutable")
        gvk = call.spoke.gvk
        raise unacceptable(gvk.group, gvk.kind, call.target.name, [finding])


def _decoded(call: Call, document: dict[str, Any]) -> Decoded:
    """The object that came out, with defaults, and judged."""
    pipeline = call.objects.pipeline
    metadata = dict(document["metadata"])
    metadata.pop("resourceVersion", None)
    document = {**document, "metadata": metadata}
    try:
        return pipeline.load(document, spoke=call.spoke, field_validation="Ignore")
    except InvalidObject as error:
        bare = without_status(call, document)
        if bare is not None:
            return _decoded(call, bare)
        body = InvalidBody(call, document, error)
        raise body.refusal(check_metadata(body.metadata, call.kind)) from None
    except DecodeError as error:
        why = describe(error.findings) if error.findings else error.message
        raise Refusal("", f"failed to convert new object: {why}", code=500) from None
