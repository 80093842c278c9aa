"""What ``/metrics`` has for an operator, and that a database that hangs does not hold it up."""

import re
import threading
import time
from typing import Any

import httpx
import pytest

from kconv._serve import server_metrics
from kconv._serve.shared_metrics import merged
from kconv._store import SqlStore
from serve.conftest import BOTH, Running
from serve.samples import CONFIGMAPS, HPAS, configmap, created


def samples(text: str) -> dict[str, float]:
    found = re.findall(r"^([a-z_]+(?:\{[^\n]*\})?) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scrape waits for what the database says, however busy the machine is."""
    monkeypatch.setattr(server_metrics, "PATIENCE", 30.0)


@BOTH
@pytest.mark.usefixtures("patient")
def test_what_an_operator_needs(client: httpx.Client, running: Running) -> None:
    created(client, CONFIGMAPS, configmap("one"))
    hpa = {
        "metadata": {"name": "one"},
        "spec": {
            "maxReplicas": 2,
            "scaleTargetRef": {"apiVersion": "a/v1", "kind": "D", "name": "d"},
        },
    }
    created(client, HPAS, hpa)
    with running.client() as other, other.stream("GET", CONFIGMAPS, params={"watch": "1"}) as watch:
        lines = watch.iter_lines()  # which would close the watch when they go
        next(lines)
        assert client.get("/readyz").text == "ok"
        found = samples(client.get("/metrics").text)
    assert found["process_resident_memory_bytes"] > 1e6
    assert found["process_open_fds"] > 3
    assert found["kconv_connections"] == 2
    assert found["kconv_connections_limit"] > 100
    assert found['kconv_in_flight{kind="watches"}'] == 1
    assert found['kconv_in_flight{kind="requests"}'] == 0
    assert found["kconv_in_flight_bytes"] == 0
    assert found["kconv_watches"] == 1
    assert found["kconv_writes_total"] >= 2
    assert found["kconv_write_batches_total"] >= 1
    assert found["kconv_write_batch_seconds_total"] > 0
    assert found["kconv_write_queue"] == 0
    assert found['kconv_database_check_duration_seconds_count{operation="write"}'] == 1
    assert found['kconv_database_connections{state="in_use"}'] >= 0
    to_hub = 'kconv_conversions_total{direction="to_hub",group="autoscaling"'
    assert any(name.startswith(to_hub) and value for name, value in found.items())
    place = 'group="",preferred="true",resource="configmaps",version="v1"'
    assert found[f"kconv_stored_objects{{{place}}}"] == 1
    assert found[f"kconv_stored_changes{{{place}}}"] == 1
    assert found['kconv_migration_runs{state="running"}'] == 0
    assert found["kconv_servers"] == 1
    assert found["kconv_change_log_entries"] >= 2


def test_a_database_that_hangs_holds_up_no_scrape(
    client: httpx.Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = server_metrics.PATIENCE
    monkeypatch.setattr(server_metrics, "DATABASE_SECONDS", 0.0)
    monkeypatch.setattr(server_metrics, "PATIENCE", 30.0)
    assert "kconv_stored_objects" in client.get("/metrics").text
    over = threading.Event()

    def hang(*args: Any) -> Any:
        over.wait(30)
        return []

    with monkeypatch.context() as patch:
        patch.setattr(server_metrics, "PATIENCE", patience)
        patch.setattr(store, "counts", hang)
        began = time.monotonic()
        text = client.get("/metrics").text
        assert time.monotonic() - began < 5
        over.set()
    assert "kconv_stored_objects{" in text  # the last known
    assert "process_resident_memory_bytes" in text


def test_texts_of_processes_become_one() -> None:
    one = b'# HELP a Text.\n# TYPE a gauge\na 1.0\n# HELP b Text.\n# TYPE b gauge\nb{x="}"} 2.0\n'
    two = b"# HELP a Text.\n# TYPE a gauge\na 3.0\n# HELP c Text.\n# TYPE c counter\nc_total 4.0\n"
    assert merged([(0, one), (1, two), (2, b"")]).decode().splitlines() == [
        "# HELP a Text.",
        "# TYPE a gauge",
        'a{process="0"} 1.0',
        'a{process="1"} 3.0',
        "# HELP b Text.",
        "# TYPE b gauge",
        'b{x="}",process="0"} 2.0',
        "# HELP c Text.",
        "# TYPE c counter",
        'c_total{process="1"} 4.0',
    ]
