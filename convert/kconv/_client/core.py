"""`Core`: what both clients do, over the verbs; how they wait is theirs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import kconv
from kconv._client.errors import public
from kconv._client.object_events import ObjectEvents, Told
from kconv._client.objects import Form, Forms
from kconv._client.presence import Presence
from kconv._client.results import ObjectList
from kconv._codec import json as json_codec
from kconv._errors import KconvError, UsageError
from kconv._gvk import GroupVersionKind
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._store import Key, Store, StorePlace
from kconv._verbs import apply, create, delete, delete_collection, patch, update
from kconv._verbs.answer import Answer
from kconv._verbs.apply import Configuration
from kconv._verbs.call import Call
from kconv._verbs.continuation import Continuation
from kconv._verbs.field_managers import field_manager_finding
from kconv._verbs.kind_rules import is_namespace
from kconv._verbs.membership import Membership
from kconv._verbs.memory import CachedRow, Memory
from kconv._verbs.namespaces import Namespaces
from kconv._verbs.objects import Objects
from kconv._verbs.options import DeleteOptions, ListOptions, WriteOptions, parse_resource_version
from kconv._verbs.patches import read_patch
from kconv._verbs.refusal import bad_request, check_place
from kconv._verbs.search import begin_search, selector_of
from kconv._verbs.target import Target
from kconv._verbs.undecodable import Undecodable, left_out_warning
from kconv._verbs.waiting import Waiting
from kconv._verbs.watch import Watch
from kconv._verbs.watch.source import Source
from kconv.names import is_plain, path_segment_problems

Selects = str | Mapping[str, str] | None
"""A selector, as Kubernetes writes it, or what labels or fields are to be equal to."""

PATCH_TYPES: Mapping[str, str] = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}

MANAGER = "kconv"
"""Whose the fields are that a client writes which has not been told."""

ENDLESS = 10.0 * 365 * 24 * 3600
"""Seconds that a watch lasts that nobody has set a time for."""

_log = logging.getLogger("kconv.client")


def own_store(place: Store | StorePlace | str) -> Store:
    """The store that is given. Raises `UsageError` for a place that is no store of kconv."""
    store = place.store if isinstance(place, StorePlace) else place
    if isinstance(store, str) or not hasattr(store, "submit"):
        raise UsageError(
            f"{store!r} is no store of kconv: open one with kconv.open_store(URL), or name the URL"
        )
    return store


class Core:
    """The verbs on objects in the forms that programs have."""

    def __init__(
        self,
        scheme: Scheme,
        pipeline: Pipeline | None,
        store: Store,
        memory: Memory,
        waiting: Waiting,
        source: Source[Any],
        *,
        namespace: str,
        field_manager: str,
        wrote: Callable[[], None] = lambda: None,
    ) -> None:
        self.pipeline = pipeline or Pipeline(scheme)
        self.objects = Objects(self.pipeline, store, memory, waiting)
        self.namespaces = Namespaces(scheme, self.objects)
        self.namespaces.emptied = self._note
        self.presence = Presence(Membership(scheme, store, kconv.__version__))
        self._forms = Forms(self.pipeline, scheme)
        self._source = source
        self._wrote = wrote
        if problems := path_segment_problems(namespace):
            raise UsageError(f'no namespace can be called "{namespace}": {", ".join(problems)}')
        self._namespace = namespace
        self._manager = checked_manager(field_manager)
        self._emptied: list[str] = []

    def target(self, form: Form, namespace: str | None, name: str = "", part: str = "") -> Target:
        """What a call is for. Raises `UsageError` for names and namespaces that cannot be."""
        options = form.spoke.options
        if not options.namespaced and namespace:
            raise UsageError(f"{form.spoke.gvk} has no namespaces: leave it out")
        if part and part not in options.subresources:
            raise UsageError(f"{form.spoke.gvk} has no subresource {part}")
        within = (namespace or self._namespace) if options.namespaced else ""
        return self._checked(Target(form.spoke, within, name, part))

    def _all(self, form: Form, namespace: str | None) -> Target:
        """What a list or watch is for, which may be of all namespaces."""
        if namespace:
            return self.target(form, namespace)
        return Target(form.spoke)

    @staticmethod
    def _checked(target: Target) -> Target:
        try:
            check_place(target.namespace, target.name)
        except KconvError as error:
            fail(error, target)
        return target

    async def get(self, version: type | GroupVersionKind, name: str, namespace: str | None) -> Any:
        form = self._forms.of_version(version)
        if self.presence.unfit is not None:
            raise self.presence.unfit
        if not name:
            raise UsageError("get needs a name")
        if namespace is None and form.namespaced and is_plain(name):
            # As `target` has it, for what reads mostly ask for.
            key = Key(form.group, form.resource, self._namespace, name)
        else:
            key = self.target(form, namespace, name).key
        try:
            return form.of_row(self.objects, await self.objects.row(key))
        except KconvError as error:
            fail(error, self.target(form, namespace, name))

    async def list_objects(
        self,
        version: type | GroupVersionKind,
        namespace: str | None,
        labels: Selects,
        fields: Selects,
        limit: int | None,
        continue_: str,
    ) -> ObjectList[Any]:
        form = self._forms.of_version(version)
        target = self._all(form, namespace)
        call = self._call(target)
        try:
            options = ListOptions(limit=limit or 0, continue_token=continue_)
            selector = selector_of(call.kind, selector_text(labels), selector_text(fields))
            found = await (await begin_search(call, options, selector)).finish()
        except KconvError as error:
            fail(error, target)
        token = ""
        if found.after is not None:
            going_on = Continuation(found.resource_version, found.after)
            token = going_on.encode(within=target.namespace)
        return ObjectList(
            self._readable(form, found.items),
            resource_version=str(found.resource_version),
            continue_=token,
            remaining=found.remaining,
        )

    def _readable(self, form: Form, rows: Sequence[CachedRow]) -> list[Any]:
        """The objects of rows but those that cannot be read, of which a line is logged."""
        found, faults = [], []
        for row in rows:
            try:
                found.append(form.of_row(self.objects, row))
            except Undecodable as fault:
                faults.append(fault.stored.key)
        if faults:
            _log.warning("%s", left_out_warning(faults))
        return found

    async def create(self, given: Any, namespace: str | None, options: WriteOptions) -> Any:
        form, own, _ = self._forms.of_object(given)
        namespace = namespace or own
        target = self.target(form, namespace)
        body = form.body(given)
        options = self._managed(options)
        return await self._write(form, target, lambda call: create.create(call, body, options))

    async def update(
        self, given: Any, namespace: str | None, subresource: str, options: WriteOptions
    ) -> Any:
        form, own, name = self._forms.of_object(given)
        if not name:
            raise UsageError(f"{form.spoke.gvk}: an object to be updated needs metadata.name")
        target = self.target(form, namespace or own, name, subresource)
        body = form.body(given)
        options = self._managed(options)
        return await self._write(form, target, lambda call: update.update(call, body, options))

    async def apply(
        self, given: Any, namespace: str | None, subresource: str, options: WriteOptions
    ) -> Any:
        form, own, name = self._forms.of_object(given)
        if not name:
            raise UsageError(f"{form.spoke.gvk}: an object to be applied needs metadata.name")
        target = self.target(form, namespace or own, name, subresource)
        options = replace(options, field_manager=checked_manager(options.field_manager))
        read = Configuration(form.body(given).document())
        return await self._write(form, target, lambda call: apply.apply(call, read, options))

    async def patch(
        self,
        version: type | GroupVersionKind,
        name: str,
        change: Any,
        kind: str,
        namespace: str | None,
        subresource: str,
        options: WriteOptions,
    ) -> Any:
        form = self._forms.of_version(version)
        target = self.target(form, namespace, name, subresource)
        media_type = PATCH_TYPES.get(kind)
        if media_type is None:
            raise UsageError(
                f'no patch is of type "{kind}": there are {", ".join(PATCH_TYPES)}, and apply()'
            )
        data = change if isinstance(change, bytes) else json_codec.encode(change)
        try:
            read = read_patch(media_type, data, says=options.field_validation != "Ignore")
        except KconvError as error:
            fail(error, target)
        options = self._managed(options)
        return await self._write(form, target, lambda call: patch.patch(call, read, options))

    def _managed(self, options: WriteOptions) -> WriteOptions:
        return replace(options, field_manager=self._manager)

    async def delete(
        self,
        version: type | GroupVersionKind,
        name: str,
        namespace: str | None,
        options: DeleteOptions,
    ) -> Any:
        form = self._forms.of_version(version)
        target = self.target(form, namespace, name)
        found = await self._write(form, target, lambda call: delete.delete(call, options))
        if found is not None and is_namespace(form.spoke.kind) and not options.dry_run:
            await self._purge(name, target)
        return found

    async def delete_collection(
        self,
        version: type | GroupVersionKind,
        namespace: str | None,
        labels: Selects,
        fields: Selects,
        options: DeleteOptions,
    ) -> list[Any]:
        form = self._forms.of_version(version)
        target = self.target(form, namespace)
        kind = form.spoke.kind
        if is_namespace(kind):
            raise UsageError(f"{form.spoke.gvk}: namespaces are deleted one by one")
        call = self._call(target)
        try:
            selector = selector_of(kind, selector_text(labels), selector_text(fields))
            answer = await delete_collection.delete_collection(
                call, ListOptions(), selector, options
            )
        except KconvError as error:
            fail(error, target)
        finally:
            self._wrote()
        await self._tidy(target)
        return [form.of_bytes(each.data) for each in answer.items or ()]

    def watch(
        self,
        version: type | GroupVersionKind,
        namespace: str | None,
        labels: Selects,
        fields: Selects,
        resource_version: str,
        seconds: float,
    ) -> tuple[Watch[list[Told]], Target]:
        """A watch that is to begin, and what it is for."""
        form = self._forms.of_version(version)
        target = self._all(form, namespace)
        call = self._call(target)
        try:
            selector = selector_of(call.kind, selector_text(labels), selector_text(fields))
            since = _number(resource_version)
        except KconvError as error:
            fail(error, target)
        options = ListOptions(
            resource_version=since, watch=True, bookmarks=True, timeout_seconds=seconds
        )
        return Watch(call, self._source, options, ObjectEvents(call, selector, form)), target

    async def _write(self, form: Form, target: Target, verb: Callable[[Call], Any]) -> Any:
        call = self._call(target)
        try:
            answer: Answer = await verb(call)
        except KconvError as error:
            fail(error, target)
        finally:
            self._wrote()
        for warning in dict.fromkeys((*answer.warnings, *call.warnings)):
            _log.warning("%s %s: %s", form.spoke.gvk.kind, target.name, warning)
        await self._tidy(target)
        return form.of_bytes(answer.encoded.data) if answer.encoded else None

    def _call(self, target: Target) -> Call:
        if self.presence.unfit is not None:
            raise self.presence.unfit
        return Call(target, self.objects, self.namespaces)

    def _note(self, namespace: str) -> None:
        self._emptied.append(namespace)

    async def _tidy(self, target: Target) -> None:
        """Remove the namespaces that wait for what has just been deleted in them."""
        while self._emptied:
            try:
                name = self._emptied.pop()
            except IndexError:
                return
            await self._purge(name, target)

    async def _purge(self, name: str, target: Target) -> None:
        try:
            if await self.namespaces.is_terminating(name):
                await self.namespaces.purge(name)
        except KconvError as error:
            fail(error, target)
        finally:
            self._wrote()


def checked_manager(name: str) -> str:
    """The name of a manager of fields. Raises `UsageError` for what cannot be one."""
    found = field_manager_finding(name, required_=True)
    if found is not None:
        raise UsageError(f"field_manager: {found.message}")
    return name


def fail(error: KconvError, target: Target) -> NoReturn:
    """Raise an error as the client's user gets it; within ``except``."""
    found = public(error, target)
    if found is error:
        raise error
    raise found from error.__cause__


def _number(resource_version: str) -> int | None:
    try:
        return parse_resource_version(resource_version)
    except ValueError as error:
        raise bad_request(str(error)) from None


def selector_text(given: Selects) -> str:
    """A selector as text. Raises nothing: what it says is judged when it is read."""
    if given is None:
        return ""
    if isinstance(given, str):
        return given
    return ",".join(f"{name}={value}" for name, value in given.items())
