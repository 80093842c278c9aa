"""Rules of ``x-kubernetes-validations``: compiled with the CRD, judged when objects are written."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from crds.conftest import CRDS, Running, definition
from kconv import rule_problems
from kconv._structural import patterns, rules, unjudged, validations
from kconv._structural.validations import judge, judge_change

OBJECTS = "/apis/example.com/v1/namespaces/default/ruleds"
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def ruled(field: dict[str, Any], *said: dict[str, Any]) -> dict[str, Any]:
    return {**field, "x-kubernetes-validations": [*said]}


def root(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields}


def rule(text: str, **more: Any) -> dict[str, Any]:
    return {"rule": text, **more}


def listed(element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": element, **more}


KEYED = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}

JUDGED: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    # The texts of messages, reasons and paths.
    (root(a=ruled(NUMBER, rule("self < 3", message="too many"))), {"a": 2}, []),
    (root(a=ruled(NUMBER, rule("self < 3", message="too many"))), {"a": 3},
     ["a: Invalid value: 3: too many"]),
    (root(a=ruled(NUMBER, rule(" self < 3 "))), {"a": 3},
     ["a: Invalid value: 3: failed rule: self < 3"]),
    (root(a=ruled(NUMBER, rule("self < 3", messageExpression="string(self)"))), {"a": 3},
     ["a: Invalid value: 3: 3"]),
    (root(a=ruled(NUMBER, rule("self < 3", messageExpression="string(1 / 0)", message="m"))),
     {"a": 3}, ["a: Invalid value: 3: m"]),
    (root(a=ruled(root(b=NUMBER), rule("false", message="m", fieldPath=".b"))), {"a": {}},
     ["a.b: Invalid value: m"]),
    (root(a=ruled(NUMBER, rule("false", message="m", reason="FieldValueDuplicate"))), {"a": 1},
     ["a: Duplicate value: 1"]),
    (root(a=ruled(root(), rule("false", message="m", reason="FieldValueDuplicate"))), {"a": {}},
     ["a: Duplicate value"]),
    (root(a=ruled(NUMBER, rule("false", message="m", reason="FieldValueForbidden"))), {"a": 1},
     ["a: Forbidden: m"]),
    (root(a=ruled(NUMBER, rule("false", message="m", reason="FieldValueRequired"))), {"a": 1},
     ["a: Required value: m"]),
    (root(a=ruled(root(b=NUMBER), rule("self.b > 1", message="m"))), {"a": {}},
     ['a: Invalid value: "object": Key not found in map : "b" evaluating rule: m']),
    # What self is.
    (ruled(root(), rule("self.metadata.name != 'a'", message="m")), {"metadata": {"name": "a"}},
     ["<nil>: Invalid value: m"]),
    (ruled(root(**{"a-b": NUMBER, "in": NUMBER, "c.d": NUMBER}),
           rule("self.a__dash__b + self.__in__ + self.c__dot__d == 6")),
     {"a-b": 1, "in": 2, "c.d": 3}, []),
    (root(a=ruled({"type": "number"}, rule("self + 0.5 == 1.5"))), {"a": 1}, []),
    (root(a=ruled({"type": "string", "format": "date-time"},
                  rule("self < timestamp('2020-01-01T00:00:00Z')"))),
     {"a": "2019-01-01T00:00:00Z"}, []),
    (root(a=ruled({"type": "string", "format": "duration"}, rule("self > duration('1m')"))),
     {"a": "61s"}, []),
    (root(a=ruled({"type": "string", "format": "date"},
                  rule("self == timestamp('2019-01-02T00:00:00Z')"))), {"a": "2019-01-02"}, []),
    (root(a=ruled({"type": "string", "format": "byte"}, rule("self == b'x'"))), {"a": "eA=="}, []),
    (root(a=ruled({"x-kubernetes-int-or-string": True}, rule("type(self) == int || self == '5%'"))),
     {"a": "5%"}, []),
    (root(a=ruled(root(b=NUMBER), rule("!has(self.b)"))), {"a": {"c": 2}}, []),
    (ruled(root(namespace=TEXT), rule("self.namespace == self.__namespace__")),
     {"namespace": "a"}, []),
    (root(a=ruled({**NUMBER, "nullable": True}, rule("false"))), {"a": None}, []),
    (root(a=ruled(TEXT, rule("quantity(self).asInteger() == 1", message="m"))), {"a": "1500m"},
     ['a: Invalid value: "string": cannot convert value to integer evaluating rule: m']),
    (root(a=ruled(TEXT, rule("self.find('(') == ''", message="m"))), {"a": "x"},
     ['a: Invalid value: "string": missing ): ( evaluating rule: m']),
    # Elements of lists and maps.
    (root(a=listed(ruled(NUMBER, rule("self > 0", message="m")))), {"a": [1, 0]},
     ["a[1]: Invalid value: 0: m"]),
    (root(a={"type": "object", "additionalProperties": ruled(NUMBER, rule("false", message="m"))}),
     {"a": {"k": 1}}, ["a[k]: Invalid value: 1: m"]),
    # Functions: macros, strings, lists, sets, regular expressions, quantities, optionals.
    *((root(a=ruled({"x-kubernetes-preserve-unknown-fields": True}, rule(text))), {"a": value}, [])
      for text, value in (
          ("self.all(x, x > 0) && self.exists(x, x == 2) && self.exists_one(x, x == 1)", [1, 2]),
          ("self.map(x, x * 2).filter(x, x > 2) == [4]", [1, 2]),
          ("self.lowerAscii().split(',').join('-') == 'a-b'", "A,B"),
          ("self.isSorted() && self.sum() == 3 && self.min() == 1 && self.max() == 2", [1, 2]),
          ("sets.contains(self, [2]) && sets.intersects(self, [9, 1])", [1, 2]),
          ("sets.equivalent(self, [2, 1, 1])", [1, 2]),
          ("sets.contains(self, [1.0, [2]]) && !sets.intersects(self, [true])", [1, [2]]),
          ("self.matches('^a+$') && self.find('a') == 'a' && self.findAll('a', 1) == ['a']", "aa"),
          ("quantity(self).isLessThan(quantity('2Gi')) && !isQuantity('x')", "1Gi"),
          ("quantity(self).add(1) == quantity('2000m')", "1"),
          ("isIP(self) && isCIDR(self + '/24') && !isIP('1')", "10.0.0.1"),
          ("isURL(self) && !isURL('x')", "https://a.example/b"),
          ("cel.bind(x, self, x + x == 4)", 2),
          ("math.greatest(self, 1) == 3", 3),
          ("[self][?1].orValue(7) == 7", 3),
      )),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "said"), JUDGED)
def test_a_value(schema: dict[str, Any], value: Any, said: list[str]) -> None:
    assert [*rule_problems(schema)] == []
    assert [*unjudged(schema)] == []
    assert [str(each) for each in judge(value, schema, is_new=True)] == said


SAME = rule("self == oldSelf", message="fixed")
OPTIONAL = rule("oldSelf.hasValue() ? self == oldSelf.value() : self == 1", optionalOldSelf=True)

CHANGES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[str]]] = [
    (root(a=ruled(NUMBER, SAME)), {"a": 1}, {"a": 1}, []),
    (root(a=ruled(NUMBER, SAME)), {"a": 1}, {"a": 2}, ["a: Invalid value: 2: fixed"]),
    (root(a=ruled(NUMBER, SAME)), {}, {"a": 2}, []),
    (root(a=listed(ruled(root(k=TEXT, v=NUMBER), SAME), **KEYED)),
     {"a": [{"k": "x", "v": 1}, {"k": "y", "v": 1}]}, {"a": [{"k": "y", "v": 2}]},
     ["a[0]: Invalid value: fixed"]),
    (root(a={"type": "object", "additionalProperties": ruled(NUMBER, SAME)}),
     {"a": {"k": 1}}, {"a": {"k": 2, "l": 1}}, ["a[k]: Invalid value: 2: fixed"]),
    # Sets and lists by key are the same in any order, and others are not.
    (root(a=ruled(listed(TEXT, **{"x-kubernetes-list-type": "set"}), SAME)),
     {"a": ["x", "y"]}, {"a": ["y", "x"]}, []),
    (root(a=ruled(listed(TEXT, **{"x-kubernetes-list-type": "set"}), SAME)),
     {"a": ["x", "y"]}, {"a": ["y", "z"]}, ["a: Invalid value: fixed"]),
    (root(a=ruled(root(b=listed(root(k=TEXT, v=NUMBER), **KEYED)), SAME)),
     {"a": {"b": [{"k": "x", "v": 1}, {"k": "y", "v": 2}]}},
     {"a": {"b": [{"k": "y", "v": 2}, {"k": "x", "v": 1}]}}, []),
    (root(a=ruled(listed(root(k=TEXT, v=NUMBER), **KEYED), SAME)),
     {"a": [{"k": "x", "v": 1}, {"k": "y", "v": 2}]},
     {"a": [{"k": "y", "v": 1}, {"k": "x", "v": 2}]}, ["a: Invalid value: fixed"]),
    (root(a=ruled(listed(TEXT), SAME)), {"a": ["x", "y"]}, {"a": ["y", "x"]},
     ["a: Invalid value: fixed"]),
    (root(a=ruled(NUMBER, OPTIONAL)), {"a": 5}, {"a": 5}, []),
    (root(a=ruled(NUMBER, OPTIONAL)), {"a": 5}, {"a": 6},
     [f"a: Invalid value: 6: failed rule: {OPTIONAL['rule']}"]),
    (root(a=ruled(NUMBER, OPTIONAL)), {}, {"a": 1}, []),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "old", "new", "said"), CHANGES)
def test_a_change(schema: dict[str, Any], old: Any, new: Any, said: list[str]) -> None:
    assert [*rule_problems(schema)] == []
    assert [str(each) for each in judge_change(new, old, schema)] == said
    assert [*judge(new, schema, is_new=False)] == []


def test_an_old_self_that_may_be_absent_is_judged_in_new_objects() -> None:
    schema = root(a=ruled(NUMBER, OPTIONAL))
    assert [*judge({"a": 1}, schema, is_new=True)] == []
    assert len([*judge({"a": 2}, schema, is_new=True)]) == 1


AT = "properties[a].x-kubernetes-validations[0]"

REFUSED = [
    (ruled(TEXT, rule("self +")), f"{AT}.rule: Invalid value: \"self +\": compilation failed: "),
    (ruled(TEXT, rule("other > 1")), f"{AT}.rule: Invalid value: \"other > 1\": compilation"),
    (ruled(TEXT, rule("1 + 'a' == 2")), f"{AT}.rule: Invalid value"),
    (ruled(TEXT, rule("'a'")), f"{AT}.rule: Invalid value: \"'a'\": cel expression must"),
    (ruled(TEXT, rule(" ")), f"{AT}.rule: Required value"),
    (ruled(TEXT, rule("true", message="a\nb")), f"{AT}.message: Invalid value"),
    (ruled(TEXT, rule("true", messageExpression="1")), f"{AT}.messageExpression: Invalid value"),
    (ruled(TEXT, rule("true", optionalOldSelf=True)),
     f"{AT}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule"),
    (ruled(root(b=TEXT), rule("true", fieldPath=".c")),
     f'{AT}.fieldPath: Invalid value: ".c": must be a valid path'),
    (ruled(root(b=TEXT), rule("true", fieldPath="b")), f"{AT}.fieldPath: Invalid value"),
    (ruled(root(b=TEXT), rule("self.c == ''")), f"{AT}.rule: Invalid value: \"self.c == ''\""),
    (ruled(root(b=TEXT), rule("self.b == 1")), f"{AT}.rule: Invalid value: \"self.b == 1\": compi"),
    (ruled(TEXT, rule("self.matches('(')")), f"{AT}.rule: Invalid value: \"self.match"),
    (ruled(TEXT, rule("true", message=" ")), f"{AT}.message: Invalid value: \" \": must be non-"),
    (ruled(TEXT, rule("true", messageExpression=" ")), f"{AT}.messageExpression: Required value"),
    (ruled(TEXT, rule("true", reason="Other")), f"{AT}.reason: Unsupported value"),
    (listed(ruled({**TEXT, "maxLength": 9}, SAME), maxItems=9),
     "properties[a].items.x-kubernetes-validations[0].rule: Forbidden: oldSelf cannot be used"),
    ({**TEXT, "pattern": "("},
     'properties[a].pattern: Invalid value: "(": must be a valid regular expression, but isn\'t'),
]  # fmt: skip


@pytest.mark.parametrize(("field", "said"), REFUSED)
def test_what_is_no_rule(field: dict[str, Any], said: str) -> None:
    (found,) = rule_problems(root(a=field))
    assert str(found).startswith(said)


NOT_HERE = [
    "ip(self).family() == 4", "url(self).getHost() == ''", "self.all(i, v, i < 3)",
    "self.exists(i, v, v == 'x')", "self.transformList(i, v, v).size() > 0",
    "self.sort() == self", "self.sortBy(x, x) == self", "self.distinct() == self",
    "lists.range(3).size() == 3", "+".join(["self"] * 40) + " == 1", "(" * 40 + "true" + ")" * 40,
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_HERE)
def test_what_a_real_server_takes_and_nobody_evaluates_here_is_said(text: str) -> None:
    """Tried with Kubernetes 1.36: the CRD is no worse for it."""
    schema = root(a=ruled({"x-kubernetes-preserve-unknown-fields": True}, rule(text)))
    assert [*rule_problems(schema)] == []
    (said,) = unjudged(schema)
    assert "x-kubernetes-validations[0] is not evaluated: " in said
    assert [*judge({"a": "x"}, schema, is_new=True)] == []


def ask(server: Running, method: str, path: str, **spec: Any) -> Any:
    body = {"apiVersion": "example.com/v1", "kind": "Ruled", "metadata": {"name": "a"}, **spec}
    return server.ask(method, path, body)


def test_objects_of_a_crd_with_rules(server: Running) -> None:
    """In creates, updates of any kind, and in status; after all else, as was recorded."""
    fields = {
        "width": {**NUMBER, "maximum": 100},
        "kept": ruled(TEXT, rule("self == oldSelf", message="may not change")),
    }
    crd = definition("ruleds", {"v1": fields})
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"] = ruled(
        schema["properties"]["spec"], rule("!has(self.width) || self.width < 10", message="wide")
    )
    schema["properties"]["status"] = root(n=ruled(NUMBER, rule("self > 0", message="low")))
    crd["spec"]["versions"][0]["subresources"] = {"status": {}}
    made = server.ask("POST", CRDS, crd)
    assert made.status_code == 201
    assert "warning" not in made.headers
    refused = ask(server, "POST", OBJECTS, spec={"width": 50})
    assert refused.status_code == 422
    assert refused.json()["details"]["causes"] == [
        {"reason": "FieldValueInvalid", "message": "Invalid value: wide", "field": "spec"}
    ]
    for width, fields_told in ((500, ["spec.width", "spec"]), ("5", ["spec.width", "<nil>"])):
        causes = ask(server, "POST", OBJECTS, spec={"width": width}).json()["details"]["causes"]
        assert [each["field"] for each in causes] == fields_told
    assert ask(server, "POST", OBJECTS, spec={"width": 5, "kept": "x"}).status_code == 201
    merge = {"content_type": "application/merge-patch+json"}
    at = f"{OBJECTS}/a"
    for change, status, said in (
        ({"spec": {"width": 20}}, 422, "spec: Invalid value: wide"),
        ({"spec": {"kept": "y"}}, 422, 'spec.kept: Invalid value: \\"y\\": may not change'),
        ({"spec": {"width": 6}}, 200, ""),
        ({"spec": {"kept": None}}, 200, ""),
    ):
        answer = server.ask("PATCH", at, change, **merge)
        assert (answer.status_code, said in answer.text) == (status, True), answer.text
    low = server.ask("PATCH", f"{at}/status", {"status": {"n": 0}}, **merge)
    assert (low.status_code, "status.n: Invalid value: 0: low" in low.text) == (422, True)
    assert server.ask("PATCH", f"{at}/status", {"status": {"n": 1}}, **merge).status_code == 200
    found = server.made("GET", at)
    found["spec"]["width"] = 11
    assert server.ask("PUT", at, found).status_code == 422
    applied = ask(server, "PATCH", f"{at}?fieldManager=m", spec={"width": 12})
    assert applied.status_code == 415
    body = {**found, "spec": {"width": 12}}
    body["metadata"] = {"name": "a"}
    answer = server.ask(
        "PATCH",
        f"{at}?fieldManager=m&force=true",
        body,
        content_type="application/apply-patch+yaml",
    )
    assert (answer.status_code, "wide" in answer.text) == (422, True)


def test_rules_see_the_name_and_whether_an_object_is_new(server: Running) -> None:
    """A name that is made, and a uid that the client says, which is not the object's."""
    late = rule("oldSelf.hasValue() || self == 1", message="new", optionalOldSelf=True)
    crd = definition("laters", {"v1": {"a": ruled(NUMBER, late)}})
    version = crd["spec"]["versions"][0]
    version["subresources"] = {"status": {}}
    schema = version["schema"]["openAPIV3Schema"]
    named = rule("self.metadata.name.size() < 12", message="long")
    version["schema"]["openAPIV3Schema"] = ruled(schema, named)
    assert server.ask("POST", CRDS, crd).status_code == 201
    objects = OBJECTS.replace("ruleds", "laters")
    for metadata, a, said in (
        ({"name": "a"}, 1, ""),
        ({"name": "b"}, 2, "spec.a: Invalid value: 2: new"),
        ({"name": "b", "uid": "said"}, 2, "spec.a: Invalid value: 2: new"),
        ({"name": "a-long-name-12"}, 1, "Invalid value: long"),
        ({"generateName": "g-"}, 1, ""),
        ({"generateName": "g-"}, 2, "spec.a: Invalid value: 2: new"),
        ({"generateName": "much-longer-"}, 1, "Invalid value: long"),
    ):
        body = {"apiVersion": "example.com/v1", "kind": "Later", "metadata": metadata}
        answer = server.ask("POST", objects, {**body, "spec": {"a": a}})
        assert answer.status_code == (422 if said else 201), answer.text
        assert said in answer.json().get("message", "")
    server.patch(f"{objects}/a", {"spec": {"a": 2}})
    server.patch(f"{objects}/a/status", {"status": {}})
    found = server.made("GET", f"{objects}/a")
    del found["metadata"]["uid"]
    assert server.made("PUT", f"{objects}/a", {**found, "spec": {"a": 3}})["spec"] == {"a": 3}
    body = {"apiVersion": "example.com/v1", "kind": "Later", "metadata": {"name": "a"}}
    applied = server.made(
        "PATCH",
        f"{objects}/a?fieldManager=m&force=true",
        {**body, "spec": {"a": 4}},
        content_type="application/apply-patch+yaml",
    )
    assert applied["spec"] == {"a": 4}


def test_a_rule_that_was_stored_while_nobody_could_read_it_lets_nothing_through() -> None:
    schema = root(a=ruled(NUMBER, rule("self +")))
    (found,) = judge({"a": 1}, schema, is_new=True)
    assert str(found).startswith('a: Invalid value: "integer": rule compile error: ')
    assert [*judge_change({"a": 2}, {"a": 1}, schema)] == []


def test_rules_that_are_none_are_refused_with_the_crd(server: Running) -> None:
    crd = definition("brokens", {"v1": {"a": ruled(TEXT, rule("self.b ="))}})
    answer = server.ask("POST", CRDS, crd)
    assert answer.status_code == 422
    (cause,) = answer.json()["details"]["causes"]
    assert cause["field"].endswith(
        "spec.validation.openAPIV3Schema.properties[spec].properties[a]"
        ".x-kubernetes-validations[0].rule"
    )


def test_what_nobody_judges_is_said(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that is not there; and without the libraries, every rule and pattern."""
    lacking = definition("lackings", {"v1": {"a": ruled(TEXT, rule("ip(self).family() == 4"))}})
    answer = server.ask("POST", CRDS, lacking)
    assert answer.status_code == 201
    assert "is not evaluated: kconv has no ip()" in answer.headers["warning"]
    for module in (rules, validations):
        monkeypatch.setattr(module, "is_installed", lambda: False)
    monkeypatch.setattr(patterns, "_RE2", None)
    hostile = {**TEXT, "pattern": "^(a+)+$"}
    fields = {"p": hostile, "r": ruled(TEXT, rule("self != 'bad'"))}
    answer = server.ask("POST", CRDS, definition("hostiles", {"v1": fields}))
    assert answer.status_code == 201
    warned = answer.headers["warning"]
    assert "properties[p].pattern is not judged: install kconv[crds]" in warned
    assert "x-kubernetes-validations[0] is not evaluated: install kconv[crds]" in warned
    body = {"apiVersion": "example.com/v1", "kind": "Hostile", "metadata": {"name": "a"}}
    began = time.monotonic()
    spec = {"p": "a" * 60 + "b", "r": "bad"}
    made = server.ask("POST", OBJECTS.replace("ruleds", "hostiles"), {**body, "spec": spec})
    assert made.status_code == 201
    assert time.monotonic() - began < 10, "which Python's own engine would not have answered"


def test_a_rule_iterates_so_often_and_no_more() -> None:
    """However long its lists are, and however deep it nests."""
    many = "self.all(x, self.all(y, self.all(z, x + y + z < 10000)))"
    schema = root(a=ruled(listed(NUMBER), rule(many, message="m")))
    began = time.monotonic()
    (found,) = judge({"a": list(range(1000))}, schema, is_new=True)
    assert found.message == 'Invalid value: "array": Iteration budget exceeded evaluating rule: m'
    (found,) = judge({"a": list(range(9_000))}, schema, is_new=True)
    assert found.message == 'Invalid value: "array": Iteration budget exceeded evaluating rule: m'
    assert time.monotonic() - began < 5


def test_sets_take_what_their_lists_have_and_not_the_one_times_the_other() -> None:
    text = "sets.equivalent(self, self) && sets.contains(self, [7]) && !sets.intersects(self, [-1])"
    schema = root(a=ruled(listed(NUMBER), rule(text, message="m")))
    began = time.monotonic()
    assert [*judge({"a": [*range(100_000)]}, schema, is_new=True)] == []
    assert time.monotonic() - began < 20, "where the one times the other takes minutes"


def test_the_recorded_refusal(server: Running, reference: Path) -> None:
    told = json.loads((reference / "crd" / "608-cr-invalid-cel.json").read_text())
    made = json.loads((reference / "crd" / "563-crd-create.json").read_text())["request"]["body"]
    made["spec"]["conversion"] = {"strategy": "None"}
    assert server.ask("POST", CRDS, made).status_code == 201
    request = told["request"]
    answer = server.ask("POST", request["path"], request["body"])
    assert answer.status_code == told["response"]["status"]
    assert answer.json() == told["response"]["body"]
