"""``kconv serve --crds``, and what a server without it says of such a database."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from crds.conftest import CRDS, definition
from fixtures import prepared
from kconv import Scheme
from kconv._crds import declared_twice, services_of
from kconv._errors import CannotDecode, UsageError
from kconv._serve import Listen, build
from kconv._store import open_store
from webhook import gadgets


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", "kconv", "serve", "--port", "0", *arguments]
    environment = {**os.environ, "KCONV_APIS": ""}
    with prepared.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"serving on (\S+);", process.stdout.readline())
            assert found is not None
            yield found[1]
        finally:
            process.terminate()


def test_the_switch(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'kconv.db'}"
    with (
        served("--crds", "--group", "core", "--db", database) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=30) as client,
    ):
        assert client.post(CRDS, json=definition("gadgets", {"v1": {}})).status_code == 201
        made = {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "a"}}
        path = "/apis/example.com/v1/namespaces/default/gadgets"
        assert client.post(path, json=made).status_code == 201
        missing = client.post(path.replace("default", "nowhere"), json=made)
        assert missing.status_code == 404, "its namespace is not there"
    store = open_store(database)
    try:
        server, bound = build(Scheme().freeze(), store, Listen(port=0))
        with bound, pytest.raises(CannotDecode, match="served with --crds"):
            server.prepare()
    finally:
        store.close()


def test_where_services_are() -> None:
    given = ["default/a=127.0.0.1:9443", "default/b:8443=hook.internal:1"]
    assert services_of(given) == {
        "default/a": "127.0.0.1:9443", "default/b:8443": "hook.internal:1",
    }  # fmt: skip
    for wrong in ("default/a", "a=127.0.0.1:1", "default/a=host", "default/a=host:no"):
        with pytest.raises(UsageError, match="NAMESPACE/NAME=HOST:PORT"):
            services_of([wrong])


def test_a_kind_that_a_package_has_already(caplog: pytest.LogCaptureFixture) -> None:
    """As where KCONV_APIS is set for the webhook, and the CRD is applied to the same server."""
    scheme = Scheme()
    gadgets.register(scheme)
    crd = definition("gadgets", {"v1": {}})
    assert declared_twice(json.dumps(crd).encode(), scheme.freeze().kinds) == []
    assert caplog.text == ""
    crd["spec"]["group"] = gadgets.GROUP
    (said,) = declared_twice(json.dumps(crd).encode(), scheme.kinds)
    assert "Gadget comes from an API package already (--apis, KCONV_APIS" in said
    assert said in caplog.text
