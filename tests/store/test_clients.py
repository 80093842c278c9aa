"""Requests per version and user agent."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from kconv._store import SqlStore, clients

DAY = 86400.0


def test_counts_add_up_over_calls_and_days(
    store: SqlStore, pass_time: Callable[[float], None]
) -> None:
    key = ("batch", "v1beta1", "cronjobs", "kubectl/1")
    store.count_requests({key: 3, ("batch", "v1", "cronjobs", "kubectl/1"): 9})
    store.count_requests({key: 2, ("batch", "v1beta1", "cronjobs", "curl"): 7})
    first = datetime.now(UTC).date()
    pass_time(2 * DAY)
    store.count_requests({key: 1})
    store.count_requests({})
    found = store.clients("batch", "v1beta1", since_days=5)
    assert [(each.user_agent, each.requests) for each in found] == [("curl", 7), ("kubectl/1", 6)]
    assert found[0].last - first in (timedelta(0), timedelta(1))
    assert found[1].last - found[0].last == timedelta(2)
    (recent,) = store.clients("batch", "v1beta1", since_days=1)
    assert (recent.group, recent.version, recent.resource) == ("batch", "v1beta1", "cronjobs")
    assert recent.requests == 1
    assert store.clients("apps", "v1", since_days=5) == []


def test_old_days_are_deleted(store: SqlStore, pass_time: Callable[[float], None]) -> None:
    store.count_requests({("batch", "v1", "cronjobs", "old"): 1})
    pass_time((clients.KEPT_DAYS + 1) * DAY)
    store.count_requests({("batch", "v1", "cronjobs", "new"): 1})
    assert [each.user_agent for each in store.clients("batch", "v1", since_days=999)] == ["new"]


def test_user_agents_are_bounded(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * 300
    store.count_requests(
        {("", "v1", "events", long + "1"): 1, ("", "v1", "events", long + "2\0"): 2}
    )
    (one,) = store.clients("", "v1", since_days=0)
    assert (one.user_agent, one.requests) == ("x" * 200, 3)
    monkeypatch.setattr(clients, "MOST_PER_DAY", 3)
    for number in range(9):
        store.count_requests({("", "v1", "events", f"agent-{number}"): 1})
    found = {each.user_agent: each.requests for each in store.clients("", "v1", since_days=0)}
    assert found == {"x" * 200: 3, "agent-0": 1, "agent-1": 1, clients.OTHERS: 7}


def test_servers_count_at_once(store: SqlStore, reopen: Callable[[], SqlStore]) -> None:
    counts = {("", "v1", "events", f"agent-{number}"): 1 for number in range(50)}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: each.count_requests(counts), [reopen() for _ in range(4)]))
    assert {each.requests for each in store.clients("", "v1", since_days=0)} == {4}
