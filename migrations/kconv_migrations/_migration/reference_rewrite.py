"""Finding references to versions that are gone or about to go, and rewriting them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from kconv._errors import KconvError
from kconv._gvk import GroupResource, GroupVersion
from kconv._paths import describe
from kconv._pipeline import Decoded, HubObject, Pipeline, hub_differences
from kconv._pipeline.reencode import WouldLose
from kconv.place import (
    NO_VERSION,
    Collection,
    Key,
    NewData,
    Place,
    Quarantined,
    Row,
    Where,
    key_text,
)
from kconv_migrations._executors.problem import Problem
from kconv_migrations._executors.references import Reference, References, hides
from kconv_migrations._migration.lease import hold
from kconv_migrations._migration.plan import Target
from kconv_migrations._migration.settings import Settings
from kconv_migrations._migration.status import preferred_versions, status
from kconv_migrations._migration.steering import Steering

BATCH = 500


@dataclass(slots=True)
class CollectionReferences:
    """References that objects of a collection hold to versions that go.

    ``references`` counts them by (kind, version, version in its place), ``examples`` has the first
    one to each version; ``objects`` hold any; ``rewritten`` objects name the new versions now;
    ``failures`` could not be decoded.
    """

    collection: str
    objects: int = 0
    rewritten: int = 0
    references: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    failures: list[Quarantined] = field(default_factory=list)


def outdated_references(
    place: Place, pipeline: Pipeline, targets: Sequence[Target] = (), *dropping: GroupVersion
) -> References:
    """What finds references to versions that no API has, or that are to give way.

    The versions of ``targets`` take the place of all others of their kinds; ``dropping`` are
    group versions that are about to leave the code.
    """
    recorded = preferred_versions(place)
    preferred: dict[GroupResource, str] = {
        each.kind.group_resource: recorded[each.name]
        for each in place.collections()
        if each.kind is not None and each.name in recorded
    }
    gone = {
        (kind.group_resource, spoke.api_version)
        for kind in pipeline.scheme.kinds
        for spoke in kind.spokes
        if spoke.group_version in dropping
    }
    for target in targets:
        kind = target.spoke.kind
        resource = kind.group_resource
        preferred[resource] = target.api_version
        gone |= {(resource, spoke.api_version) for spoke in kind.spokes}
        gone.discard((resource, target.api_version))
    return References(pipeline.scheme, preferred, gone)


def find_references(
    place: Place,
    pipeline: Pipeline,
    references: References,
    *,
    rewrite_as: str | None = None,
    settings: Settings | None = None,
    progress: Callable[[CollectionReferences], None] = lambda _: None,
) -> Iterator[CollectionReferences]:
    """Look for references in every object, and yield the collections that hold some.

    With ``rewrite_as``, the id of a run that is held, they are rewritten: like all rows of a
    migration they keep their marks and, if ``settings`` say so, their before-images.
    """
    chosen = settings or Settings()
    size = min(BATCH, chosen.page)
    steering = Steering(place, rewrite_as or "", chosen, most=size)
    for each in status(place):
        kind = each.collection.kind
        if kind is None or kind.document is not None:
            continue
        where = Where(each.name)
        found = CollectionReferences(each.name)
        for page in _pages(place, where, size):
            items = list(_rewritten_rows(pipeline, each.collection, references, page, found))
            if rewrite_as is not None:
                put = partial(place.write, where, run=rewrite_as, keep_before_images=chosen.undo)
                found.rewritten += steering.write(where, items, put)
            progress(found)
        if found.objects or found.failures:
            yield found


def _pages(place: Place, where: Where, limit: int) -> Iterator[list[Row]]:
    """A collection's objects, by key."""
    after: Key | None = None
    while page := place.page(where, other_than=NO_VERSION, after=after, until=None, limit=limit):
        yield page
        after = page[-1].key


def _rewritten_rows(
    pipeline: Pipeline,
    collection: Collection,
    references: References,
    page: Sequence[Row],
    found: CollectionReferences,
) -> Iterator[NewData]:
    for row in page:
        try:
            spoke = collection.spoke(row.version)
            if not references.may_hold(row.data, spoke):
                continue
            decoded = pipeline.decode(row.data, trusted=True, field_validation="Strict")
            held, repaired = _rewritten(pipeline, references, decoded)
        except KconvError as error:
            problem = Problem.of(error)
            found.failures.append(problem.quarantined(row, Where(collection.name)))
            continue
        if not held:
            continue
        found.objects += 1
        found.references.update((each.kind, each.api_version, each.new) for each in held)
        name = key_text(row.key)
        for each in held:
            found.examples.setdefault(each.api_version, f"{name}: {each}")
        yield NewData(row, row.version, pipeline.encode(repaired))


def _rewritten(
    pipeline: Pipeline, references: References, decoded: Decoded
) -> tuple[list[Reference], Decoded]:
    """The references that an object holds, and the object with others in their place.

    What the object shows is repaired as it stands; what it hides, in the hub and back.

    Raises `WouldLose` when the way back does not give what was repaired.
    """
    spoke = decoded.spoke
    held = references.find(decoded.value, spoke)
    if held:
        value = references.repair(decoded.value, spoke)
        decoded = Decoded(spoke, pipeline.load(value, spoke=spoke, trusted=True).native)
    if not hides(spoke):
        return held, decoded
    hub = pipeline.to_hub(decoded)
    hidden = references.find_in_hub(hub.value, spoke.kind)
    if not hidden:
        return held, decoded
    wanted = HubObject(spoke.kind, references.repair_in_hub(hub.value, spoke.kind))
    repaired = pipeline.from_hub(wanted, spoke)
    if lost := list(hub_differences(wanted, pipeline.to_hub(repaired))):
        message = f"{decoded.ref}: its references cannot be rewritten: {describe(lost)}"
        raise WouldLose(message, about=decoded.ref, findings=lost)
    return [*held, *hidden], repaired


def rewrite_references(
    place: Place,
    pipeline: Pipeline,
    references: References,
    settings: Settings,
    began: Callable[[str], None] = lambda _: None,
) -> Iterator[CollectionReferences]:
    """`find_references` that rewrites, as a run of its own; ``began`` is called with the run's id.

    Raises `Conflict` when another run goes on.
    """
    with hold(place, [], settings.lease, settings.keep_undo) as held:
        began(held.id)
        yield from find_references(
            place, pipeline, references, rewrite_as=held.id, settings=settings
        )
        held.ending = "done"
