"""A server compacts the change log by itself, by its settings, and says how large it is."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from fixtures.until import until
from kconv._errors import UsageError
from kconv._serve import log_keeper
from kconv._serve.log_keeper import retention_of
from kconv._settings import Limits
from kconv._store import Retention, SqlStore
from serve.conftest import BOTH, Running
from serve.samples import CONFIGMAPS, configmap, created


def test_settings() -> None:
    assert retention_of(Limits()) == Retention()
    given = Limits(keep_changes="forever", keep_changes_rows=0, keep_changes_mib=1)
    assert retention_of(given) == Retention(age=None, rows=None, bytes=1024 * 1024)
    assert retention_of(Limits(keep_changes="2h")).age == timedelta(hours=2)
    with pytest.raises(UsageError):
        retention_of(Limits(keep_changes="soon"))


@BOTH
def test_the_log_stays_short(
    serve: Callable[..., Running], store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_keeper, "TEND_SECONDS", 0.05)
    running, other = serve(), serve()
    for each in (running, other):
        each.server._server.log_keeper.retention = Retention(age=None, rows=10, bytes=None)
    with running.client() as client:
        for number in range(40):
            created(client, CONFIGMAPS, configmap(f"n{number}"))
        until(lambda: store.log_size().rows <= 10)
        version = client.get(CONFIGMAPS).json()["metadata"]["resourceVersion"]
        assert int(version) == store.head()


@BOTH
def test_metrics(client: httpx.Client, store: SqlStore) -> None:
    created(client, CONFIGMAPS, configmap("one"))
    rows = store.log_size().rows
    found = client.get("/metrics").text
    assert f"kconv_change_log_entries {rows}.0" in found
    assert "kconv_change_log_bytes " in found
    assert "kconv_change_log_age_seconds " in found
