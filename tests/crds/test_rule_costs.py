"""What rules may cost: refused with the CRD as by Kubernetes, and bounded in evaluations."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crds.conftest import CRDS, Running, definition
from kconv import rule_problems
from kconv._cel import Checker, Program, TooLong, program
from kconv._structural.declared import declared_type
from kconv._structural.validations import judge

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def short(most: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": most}


def listed(element: dict[str, Any], most: int | None = None) -> dict[str, Any]:
    return {"type": "array", "items": element} | ({} if most is None else {"maxItems": most})


def mapped(element: dict[str, Any], most: int | None = None) -> dict[str, Any]:
    made = {"type": "object", "additionalProperties": element}
    return made | ({} if most is None else {"maxProperties": most})


def root(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields}


def ruled(field: dict[str, Any], *texts: str) -> dict[str, Any]:
    return {**field, "x-kubernetes-validations": [{"rule": each} for each in texts]}


SCHEMA = root(
    n=NUMBER,
    f={"type": "number"},
    b={"type": "boolean"},
    s=short(10),
    t=TEXT,
    ts=listed(short(20), 30),
    ns=listed(NUMBER, 7),
    m=mapped(short(5), 6),
    os=listed(root(k=short(3), v=NUMBER), 9),
    io={"x-kubernetes-int-or-string": True},
    d={"type": "string", "format": "duration"},
    dt={"type": "string", "format": "date-time"},
    date={"type": "string", "format": "date"},
    by={"type": "string", "format": "byte", "maxLength": 40},
    e={"type": "string", "enum": ["abc", "defgh"]},
    ll=listed(listed(short(4), 3), 5),
    mm=mapped(mapped(NUMBER, 3), 4),
    em={
        "type": "object",
        "x-kubernetes-embedded-resource": True,
        "x-kubernetes-preserve-unknown-fields": True,
    },
    un={"x-kubernetes-preserve-unknown-fields": True},
    uo={"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    sub=root(x=root(y=NUMBER)),
    uns=listed(TEXT),
    unm=mapped(NUMBER),
    **{"a-b": NUMBER, "namespace": TEXT},
)


def test_costs_are_what_kubernetes_reckons() -> None:
    lines = (Path(__file__).parent / "rule_costs.txt").read_text().splitlines()
    recorded = {text: int(cost) for cost, text in (each.split("\t") for each in lines[2:])}
    declared = declared_type(SCHEMA)
    assert declared is not None
    checker = Checker(declared)
    assert {each: checker.check(each, declared).cost for each in recorded} == recorded


REFUSED = {
    "self.uo.a == 1": "undefined field 'a'",
    "has(self.un)": "undefined field 'un'",
    "self.em.spec == 1": "undefined field 'spec'",
    "self.q": "undefined field 'q'",
    "self['n'] == 1": "found no matching overload for '_[_]' applied to '(object, string)'",
    "self.ts == null": "found no matching overload for '_==_' applied to '(list(string), null)'",
    "self.dt == self.d": "found no matching overload for '_==_' applied to '(timestamp, duration)'",
    "self.ts.all(x, x == 1)": "found no matching overload for '_==_' applied to '(string, int)'",
    "self.t.matches('[')": "invalid matches argument",
    "self.d > duration('x')": "invalid duration argument",
    "self.io in [1, 'a']": "expected type 'int' but found 'string'",
}


def test_rules_are_checked_by_the_types_of_their_schema() -> None:
    """As a real server did; where it names a type of its own making this says ``object``."""
    found = rule_problems(ruled(SCHEMA, *REFUSED))
    said = {
        finding.path[1]: finding.message.rpartition("compilation failed: ")[2] for finding in found
    }
    assert said == dict(enumerate(REFUSED.values()))


UNBOUNDED = ruled(listed(TEXT), "self.all(x, x in self)")
MORE = "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"  # noqa: E501 - Kubernetes' words
AT = "spec.versions[0].schema.openAPIV3Schema"


def test_a_rule_that_may_cost_too_much_is_refused_until_its_schema_bounds_it(
    server: Running,
) -> None:
    causes = dict(refused(server, {"a": UNBOUNDED}))
    rule = "properties[spec].properties[a].x-kubernetes-validations[0].rule"
    whole = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
    assert causes == {
        f"{AT}.{rule}": "Forbidden: contributed to estimated rule cost total exceeding cost limit "
        "for entire OpenAPIv3 schema",
        AT: f"Forbidden: {whole} exceeds budget by factor of more than 100x {MORE}",
    }
    # Each element costs what it takes to look at all of them.
    ((at, said),) = refused(server, {"a": {**UNBOUNDED, "maxItems": 4_000}})
    assert at == f"{AT}.{rule}"
    assert said == f"Forbidden: estimated rule cost exceeds budget by factor of 1.6x {MORE}"
    server.made("POST", f"{CRDS}?dryRun=All", made({"a": {**UNBOUNDED, "maxItems": 3_000}}))


def test_what_was_taken_before_stays_as_it_is(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("kconv._structural.rules.cost_problems", lambda _: iter(()))
        server.made("POST", CRDS, made({"a": UNBOUNDED}))
    path = f"{CRDS}/costs.example.com"
    stored = server.ask("GET", path).json()
    stored["metadata"]["labels"] = {"a": "b"}
    assert server.ask("PUT", path, stored).status_code == 200
    patch = {"metadata": {"labels": {"a": "c"}}}
    server.patch(path, patch)
    stored = server.ask("GET", path).json()
    assert server.ask("PUT", f"{path}/status", stored).status_code == 200
    stored = server.ask("GET", path).json()
    schema = stored["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["properties"]["b"] = TEXT
    answer = server.ask("PUT", path, stored)
    assert answer.status_code == 422
    assert "estimated rule cost" in answer.text


def refused(server: Running, fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    answer = server.ask("POST", f"{CRDS}?dryRun=All", made(fields))
    assert answer.status_code == 422
    for each in answer.json()["details"]["causes"]:
        yield each["field"], each["message"]


def made(fields: dict[str, Any]) -> dict[str, Any]:
    return definition("costs", {"v1": fields, "v2": {}})


MANY = [f"name-{at}" for at in range(100_000)]
LONG = "a" * 1_000_000
HEAVY: list[tuple[str, Any]] = [
    ("self.a.all(x, x in self.b)", {"a": ["name-99999"] * 1_000, "b": MANY}),
    ("self.a.all(x, self.b == self.c)", {"a": [1] * 500, "b": MANY, "c": [*MANY]}),
    ("self.a.all(x, self.b == self.c)",
     {"a": [1] * 100, "b": dict.fromkeys(MANY), "c": dict.fromkeys(MANY)}),
    ("self.a.all(x, dyn(x) == x)", {"a": [{"k": MANY}] * 100}),
    ("self.map(x, x).size() > 1", [*range(9_999)]),
    ("self.filter(x, x > 0).size() > 1", [*range(9_999)]),
    ("self.a.all(x, (self.b + self.b).size() > 1)", {"a": [1] * 1_000, "b": MANY}),
    ("self.a.all(x, self.s + 'a' != self.s)", {"a": [1] * 9_000, "s": LONG}),
    ("self.a.all(x, self.s.size() > 1)", {"a": [1] * 9_000, "s": LONG}),
    ("self.findAll('a').size() > 1", LONG),
    ("self.a.all(x, self.s.replace('a', 'bb') != '')", {"a": [1] * 90, "s": LONG}),
    ("self.a.all(x, self.s.indexOf('b') < 0)", {"a": [1] * 900, "s": LONG}),
    ("self.a.all(x, 'a'.matches(self.p))", {"a": [1] * 90, "p": "[a-z]?" * 5_000}),
]  # fmt: skip


def test_no_evaluation_is_begun_that_may_take_long() -> None:
    """Each of these takes seconds, and some most of a minute, in which nothing else is done."""
    for text, value in HEAVY:
        found = program(text)
        assert isinstance(found, Program)
        began = time.process_time()
        with pytest.raises(TooLong):
            found.evaluate(value)
        # It takes so long to count what is in the value.
        assert time.process_time() - began < 5, text


USUAL: list[tuple[str, Any]] = [
    ("self.all(x, x.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'))", MANY[:9_000]),
    ("self.all(x, self.exists_one(y, y == x))", MANY[:90]),
    ("self.all(x, self.filter(y, y.k == x.k).size() == 1)", [{"k": each} for each in MANY[:90]]),
    ("self.all(k, self[k].size() < 9)", dict.fromkeys(MANY[:9_000], "value")),
    ("self.map(x, x.v).sum() < 9", [{"v": 0}] * 900),
    ("self.size() < 2000000 && self.startsWith('a') && !self.contains('b')", LONG),
    ("self.all(x, x in self)", MANY[:1_000]),
    ("self == self", {"a": MANY, "b": {"c": LONG}}),
]


def test_what_rules_usually_do_is_evaluated_and_takes_what_was_reckoned() -> None:
    for text, value in USUAL:
        found = program(text)
        assert isinstance(found, Program)
        began = time.process_time()
        assert found.evaluate(value) is True, text
        assert time.process_time() - began < 5, text


def test_nothing_is_judged_after_a_rule_that_may_take_too_long() -> None:
    schema = root(
        a=ruled(listed(NUMBER), "self.map(x, x).size() > 1", "false"), b=ruled(TEXT, "false")
    )
    value = {"a": [*range(9_999)], "b": "x"}
    (found,) = judge(value, schema, is_new=True)
    assert found.message == (
        "Invalid value: \"array\": 'operation cancelled: actual cost limit exceeded': no further "
        "validation rules will be run due to call cost exceeds limit for rule: "
        "failed rule: self.map(x, x).size() > 1"
    )


def test_all_rules_of_an_object_have_so_much_time_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each is within its limit; what comes when the time is over is not begun."""
    schema = root(a=listed(ruled(listed(NUMBER), "self.all(x, x > -1)")), b=ruled(TEXT, "false"))
    value = {"a": [[*range(100)] for _ in range(400)], "b": "x"}
    assert [str(each) for each in judge(value, schema, is_new=True)] == [
        'b: Invalid value: "x": failed rule: false'
    ]
    monkeypatch.setattr("kconv._structural.validations.BUDGET", 0.01)
    began = time.process_time()
    (found,) = judge(value, schema, is_new=True)
    assert time.process_time() - began < 1
    assert str(found).startswith("a[")
    assert found.message == (
        'Invalid value: "array": validation failed due to running out of cost budget, no further '
        "validation rules will be run"
    )


def test_rules_of_a_large_definition_are_checked_beside_the_loop(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it becomes another one: by a body that is large, or by a small patch."""
    threads: list[str] = []

    def noted(*given: Any, **named: Any) -> Any:
        threads.append(threading.current_thread().name)
        return rule_problems(*given, **named)

    monkeypatch.setattr("kconv_schemas.apiextensions.structural.rule_problems", noted)
    body = definition("larges", {"v1": {"n": ruled(NUMBER, "self > 0")}})
    body["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"] = "long " * 20_000
    at = f"{CRDS}/{body['metadata']['name']}"
    server.made("POST", CRDS, body)
    title = "/spec/versions/0/schema/openAPIV3Schema/title"
    change = [{"op": "add", "path": title, "value": "another"}]
    server.made("PATCH", at, change, content_type="application/json-patch+json")
    made = server.made("GET", at)
    made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["title"] = "a third"
    server.made("PUT", at, made)
    assert threads
    assert server.thread.name not in threads
