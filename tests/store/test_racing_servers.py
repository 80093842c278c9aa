"""Servers that race for the same objects, in namespaces that are changed meanwhile."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

from fixtures import prepared
from kconv._store import Key, SqlStore, Write
from store.samples import GROUP, RESOURCE
from store.test_submit import namespace

SERVER = """
import asyncio, json, random, sys
from kconv._errors import AlreadyExists, ConditionFailed, Conflict, NotFound
from kconv._store import Key, Write, open_store
url, who = sys.argv[1], sys.argv[2]
store = open_store(url)
random.seed(who)
outcomes = []
space = Key("", "namespaces", "", "default")
async def caller(number):
    for turn in range(40):
        key = Key("batch", "cronjobs", "default", f"n{random.randrange(6)}")
        active = store.get(space).resource_version
        try:
            there = store.get(key)
        except NotFound:
            write = Write("ADDED", key, "batch/v1", b"{}", uid=f"{who}-{number}-{turn}",
                          within=(space, active))
        else:
            kind = random.choice(["MODIFIED", "MODIFIED", "DELETED"])
            write = Write(kind, key, "batch/v1", b"[]", expected=there.resource_version,
                          within=(space, active))
        try:
            made = await store.submit(write)
            outcomes.append(["Stored", made.resource_version, active])
        except (AlreadyExists, ConditionFailed, Conflict, NotFound) as error:
            outcomes.append([type(error).__name__, 0, 0])
        if number == 0 and turn % 4 == 0:
            there = store.get(space)
            try:
                await store.submit(Write("MODIFIED", space, "v1", b"{}",
                                         expected=there.resource_version))
            except Conflict:
                pass
async def main():
    await asyncio.gather(*(caller(number) for number in range(6)))
asyncio.run(main())
store.close()
print(json.dumps(outcomes))
"""


def test_servers_race_for_objects_and_their_namespace(
    store: SqlStore, upgraded_url: str, reopen: Callable[[], SqlStore]
) -> None:
    space = namespace(store, "default")
    begin = store.head()
    servers = [
        prepared.Popen([sys.executable, "-c", SERVER, upgraded_url, who], stdout=subprocess.PIPE)
        for who in ("a", "b", "c")
    ]
    outcomes = []
    for server in servers:
        output, _ = server.communicate(timeout=120)
        assert server.returncode == 0
        outcomes += json.loads(output)
    log = store.changes(begin, limit=10**6)
    numbers = [each.stored.resource_version for each in log]
    assert numbers == list(range(begin + 1, begin + 1 + len(log))), "a gap, or one given twice"
    there: dict[Key, int] = {}
    namespaces = {space.resource_version: begin}
    current = space.resource_version
    for change in log:
        stored = change.stored
        if stored.key == space.key:
            current = stored.resource_version
        else:
            assert (stored.key in there) == (change.type != "ADDED")
            if change.type == "DELETED":
                del there[stored.key]
            else:
                there[stored.key] = stored.resource_version
        namespaces[stored.resource_version] = current
    done = Counter(kind for kind, _, _ in outcomes)
    accepted = [each for each in outcomes if each[0] == "Stored"]
    assert sorted(number for _, number, _ in accepted) == [
        each.stored.resource_version for each in log if each.stored.key != space.key
    ]
    for _, number, active in accepted:
        assert namespaces[number] == active, "the namespace had been changed before"
    assert {each.key: each.resource_version for each in reopen().list(GROUP, RESOURCE).items} == (
        there
    )
    assert done["Stored"] > 0
    assert done.total() > done["Stored"], "nobody lost a race"


def test_every_caller_gets_an_outcome(store: SqlStore, reopen: Callable[[], SqlStore]) -> None:
    """Two stores of one process, many callers, one object: one of each state wins."""
    others = [store, reopen()]
    space = namespace(store, "default")

    async def work() -> None:
        async with asyncio.timeout(60):
            for _ in range(10):
                there = store.get(space.key)
                futures = [
                    each.submit(
                        Write("MODIFIED", space.key, "v1", b"2", expected=there.resource_version)
                    )
                    for each in others
                    for _ in range(5)
                ]
                outcomes = await asyncio.gather(*futures, return_exceptions=True)
                kinds = Counter(type(each).__name__ for each in outcomes)
                assert kinds == {"Stored": 1, "Conflict": 9}

    asyncio.run(work())
