"""Whatever is written together ends as if it had been written one after the other."""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.long import examples
from kconv._errors import (
    AlreadyExists,
    ConditionFailed,
    Conflict,
    NotFound,
    StoreError,
    VersionNotOnRecord,
)
from kconv._store import ChangeType, Key, SqlStore, Stored, Write
from store.samples import GROUP, RESOURCE, V1, V1BETA1
from store.test_submit import NAMESPACES, held

_examples = itertools.count()


@dataclass(frozen=True)
class Step:
    """A write as the test draws it, before it is known what is stored."""

    type: ChangeType
    name: str
    namespace: str
    fresh: bool = True
    """Whether it expects the resourceVersion that is stored, or an older one."""
    recorded: bool = True
    within: Literal["", "current", "stale"] = ""
    base: Literal["", "current", "other"] = ""


@dataclass
class Model:
    """A dictionary of what is stored, and the plain rules of a write."""

    prefix: str
    objects: dict[Key, Stored] = field(default_factory=dict)

    def key(self, step: Step) -> Key:
        if step.name == "namespace":
            return self.namespace(step)
        return Key(GROUP, RESOURCE, f"{self.prefix}{step.namespace}", step.name)

    def namespace(self, step: Step) -> Key:
        return Key("", "namespaces", "", f"{self.prefix}{step.namespace}")

    def write(self, step: Step, number: int) -> Write:
        key = self.key(step)
        there = self.objects.get(key)
        current = there.resource_version if there else 1
        over = self.objects.get(self.namespace(step))
        within = None
        if step.within and step.name != "namespace":
            active = over.resource_version if over else 1
            within = (self.namespace(step), active - (step.within == "stale"))
        base = None
        if step.base and step.type != "ADDED":
            base = there.data if there and step.base == "current" else b"other"
        version = "v1" if key.resource == "namespaces" else V1
        return Write(
            step.type,
            key,
            version if step.recorded else V1BETA1,
            f"[{number}]".encode(),
            uid=f"uid-{number}",
            expected=0 if step.type == "ADDED" else current - (not step.fresh),
            within=within,
            base=base,
        )

    def expect(self, write: Write, touched: set[Key]) -> type[Stored] | type[StoreError]:
        """What must become of a write; ``touched`` are the keys that this round has written."""
        there = self.objects.get(write.key)
        if write.within is not None:
            over = self.objects.get(write.within[0])
            if over is None or over.resource_version != write.within[1]:
                return ConditionFailed
            if write.within[0] in touched:
                return ConditionFailed
        if write.type == "ADDED":
            if there is not None:
                return AlreadyExists
        elif there is None:
            return NotFound
        elif (
            write.key in touched
            or there.resource_version != write.expected
            or write.base not in (None, there.data)
        ):
            return Conflict
        if write.api_version == V1BETA1:
            return VersionNotOnRecord
        return Stored

    def do(self, write: Write) -> None:
        """Take what was accepted; its resourceVersion is only known later."""
        if write.type == "DELETED":
            del self.objects[write.key]
        else:
            there = self.objects.get(write.key)
            uid = there.uid if there else write.uid
            self.objects[write.key] = Stored(write.key, uid, write.api_version, 0, write.data)


steps = st.builds(
    Step,
    type=st.sampled_from(["ADDED", "ADDED", "MODIFIED", "DELETED"]),
    name=st.sampled_from(["a", "b", "c", "namespace", "namespace"]),
    namespace=st.sampled_from(["one", "two"]),
    fresh=st.sampled_from([True, True, True, False]),
    recorded=st.sampled_from([True, True, True, True, False]),
    within=st.sampled_from(["", "current", "current", "stale"]),
    base=st.sampled_from(["", "", "current", "other"]),
)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.lists(steps, min_size=1, max_size=12), min_size=1, max_size=4))
def test_batches_end_as_single_writes_would(store: SqlStore, rounds: list[list[Step]]) -> None:
    store.ensure([NAMESPACES])
    model = Model(f"e{next(_examples)}-")
    numbers = itertools.count()
    begin = store.head()
    for together in rounds:
        writes = [model.write(step, next(numbers)) for step in together]
        expected = []
        touched: set[Key] = set()
        for write in writes:
            kind = model.expect(write, touched)
            expected.append(kind)
            if kind is Stored:
                touched.add(write.key)
                model.do(write)
        outcomes = asyncio.run(_write(store, writes))
        assert [type(each) for each in outcomes] == expected
        stored = [each for each in outcomes if isinstance(each, Stored)]
        for each in sorted(stored, key=lambda each: each.resource_version):
            if each.key in model.objects:
                model.objects[each.key] = each
    log = store.changes(begin, limit=10**6)
    numbers_given = [each.stored.resource_version for each in log]
    assert numbers_given == list(range(begin + 1, begin + 1 + len(log))), "a gap"
    replayed: dict[Key, Stored] = {}
    for change in log:
        if change.type == "DELETED":
            del replayed[change.stored.key]
        else:
            assert (change.stored.key in replayed) == (change.type == "MODIFIED")
            replayed[change.stored.key] = change.stored
    assert replayed == model.objects
    assert _stored(store, model.prefix) == model.objects


async def _write(store: SqlStore, writes: list[Write]) -> list[Stored | BaseException]:
    async with asyncio.timeout(30):
        with held(store):
            futures = [store.submit(write) for write in writes]
        return await asyncio.gather(*futures, return_exceptions=True)


def _stored(store: SqlStore, prefix: str) -> dict[Key, Stored]:
    found = store.list(GROUP, RESOURCE).items + store.list("", "namespaces").items
    return {
        each.key: each for each in found if (each.key.namespace or each.key.name).startswith(prefix)
    }
