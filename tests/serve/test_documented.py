"""schemathesis over the served OpenAPI: what it documents is what the server does, and no 5xx.

An ordinary run tries a request or two of each operation of the core group; a long one tries all
documents, with many of each.
"""

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from fixtures.long import LONG
from serve.conftest import Running

schemathesis = pytest.importorskip("schemathesis", reason="a new dependency: run make setup")

EXAMPLES = 40 if LONG else 1
DOCUMENTS = (
    ("api/v1", "apis/batch/v1", "apis/batch/v1beta1", "apis/autoscaling/v1", "apis/autoscaling/v2")
    if LONG
    else ("api/v1",)
)
PLACE = {"namespace": "default", "name": "one"}
"""Where requests go: most names that fit the schema are none that an object can have."""


def test_what_is_documented(client: httpx.Client, running: Running) -> None:
    import requests
    from schemathesis.specs.openapi import checks

    kept = [
        schemathesis.checks.not_a_server_error,
        checks.response_schema_conformance,
        checks.content_type_conformance,
        checks.status_code_conformance,
    ]
    asked = 0
    session = requests.Session()
    session.trust_env = False
    for name in DOCUMENTS:
        document = schemathesis.openapi.from_dict(client.get(f"/openapi/v3/{name}").json())
        for found in document.get_all_operations():
            operation = found.ok()
            if "/watch/" in operation.path:
                continue

            @given(case=operation.as_strategy())
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def ask(case: Any) -> None:
                nonlocal asked
                for key in case.path_parameters or {}:
                    case.path_parameters[key] = PLACE[key]
                # A watch has no end of its own.
                (case.query or {}).pop("watch", None)
                answer = case.call(base_url=running.url, session=session)
                case.validate_response(answer, checks=kept)
                asked += 1

            ask()
    session.close()
    assert asked > 30
