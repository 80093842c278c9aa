"""Delete: one object goes, or is marked where finalizers hold it."""

from __future__ import annotations

from kconv._gvk import GroupResource
from kconv._verbs.answer import Answer
from kconv._verbs.call import Call
from kconv._verbs.current import Current
from kconv._verbs.deletion import finalizers_in, mark_for_deletion
from kconv._verbs.encoded import encode_object
from kconv._verbs.kind_rules import is_namespace
from kconv._verbs.namespaces import FINALIZER, IMMORTAL
from kconv._verbs.options import DeleteOptions
from kconv._verbs.propagation import Propagation, deletion_warning, finalizers_for
from kconv._verbs.refusal import conflict, details_of, forbidden, success
from kconv._verbs.retrying import NotWritten, with_retries


async def delete(call: Call, options: DeleteOptions) -> Answer:
    """Delete the object that the call is for.

    200 with a Status when it is gone, or with the object when finalizers hold it. Raises
    `Refusal` and `kconv._errors.KconvError`.
    """
    if is_namespace(call.kind) and call.target.name in IMMORTAL:
        why = "this namespace may not be deleted"
        raise forbidden(call.target.resource, call.target.name, why)

    async def attempt(newest: bool) -> Answer:
        current = await call.objects.get_or_salvage(call.kind, call.target.key, newest=newest)
        check_preconditions(call, current, options)
        return await remove(
            call, current, options.propagation, dry_run=options.dry_run, newest=newest
        )

    return await with_retries(call, call.target.key, attempt, again=not options.resource_version)


async def remove(
    call: Call,
    current: Current,
    propagation: Propagation = "",
    *,
    dry_run: bool,
    newest: bool = True,
) -> Answer:
    """Delete an object, or mark it where finalizers hold it. Raises `Conflict`, `NotFound`.

    ``propagation`` is one of those, where garbage is collected. Finalizers do not hold what cannot
    be read: nobody could work on it. A namespace is marked in any case, since it goes with what it
    holds.
    """
    name = current.meta["name"]
    had = [*(current.meta.get("finalizers") or ())]
    own = finalizers_for(call.spoke, had, propagation) if call.objects.collects_garbage else had
    is_marked = bool(current.fault is None and current.meta.get("deletionTimestamp"))
    server_own = call.objects.held_by.get(call.kind.group_resource)
    if server_own and not is_marked and server_own not in own:
        own = [*own, server_own]
    held = [*own, *finalizers_in(current.hub)[len(had) :]]
    warnings: tuple[str, ...] = ()
    if current.fault is not None:
        held = finalizers_in(current.hub)
        ignored = f"; its finalizers were not waited for: {', '.join(held)}" if held else ""
        warnings = (f"{current.fault.message} (deleted{ignored})",)
        own, held = had, [FINALIZER] if is_namespace(call.kind) else []
    elif call.objects.collects_garbage and (warning := deletion_warning(call.spoke, propagation)):
        warnings = (warning,)
    waits = held and is_marked and own == had
    if (waits or dry_run) and not (newest or await call.objects.is_newest(current.row)):
        raise NotWritten
    if waits:
        shown = call.encoded(current.row, current)
        return Answer(encoded=shown, spoke=call.spoke, warnings=warnings)
    if held:
        changed = own if own != had else None
        marked, pipeline = mark_for_deletion(current, changed), call.objects.pipeline
        made, version = pipeline.from_hub(marked, call.spoke), current.resource_version
        if not dry_run:
            row = await call.objects.update(current, marked, made)
            version = str(row.stored.resource_version)
            if call.kind is call.namespaces.kind:
                call.namespaces.emptied(name)
        encoded = encode_object(pipeline, marked, made, version)
        return Answer(encoded=encoded, spoke=call.spoke, warnings=warnings)
    if not dry_run:
        await call.objects.delete(current, current.hub)
        if call.target.namespace:
            call.namespaces.emptied(call.target.namespace)
    resource = call.target.resource
    details = details_of(name, resource.group, resource.resource, current.stored.uid)
    return Answer(success(details), warnings=warnings)


def check_preconditions(call: Call, current: Current, options: DeleteOptions) -> None:
    """Refuse (409) to delete another object, or another state, than the client knows."""
    gvk = call.spoke.gvk
    kind = GroupResource(gvk.group, gvk.kind)
    if options.uid and options.uid != current.stored.uid:
        why = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record "
            f"({current.stored.uid}). The object might have been deleted and then recreated"
        )
        raise conflict(kind, current.stored.key.name, why)
    version = current.resource_version
    if options.resource_version and options.resource_version != version:
        why = (
            f"the ResourceVersion in the precondition ({options.resource_version}) does not match "
            f"the ResourceVersion in record ({version}). The object might have been modified"
        )
        raise conflict(kind, current.stored.key.name, why)
