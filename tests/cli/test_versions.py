"""``kconv versions``."""

import json

import pytest

from cli.samples import Kconv
from kconv._cli.console import stacked


def test_every_version_as_json(kconv: Kconv) -> None:
    ended = kconv("versions", "-o", "json")
    assert (ended.code, ended.err) == (0, "")
    rows = {
        (row["group"], row["version"], row["kind"]): row
        for row in json.loads(ended.out)["versions"]
    }
    scheduled = rows["batch", "v2alpha1", "ScheduledJob"]
    assert (scheduled["resource"], scheduled["level"]) == ("scheduledjobs", "alpha")
    assert not scheduled["served"]
    beta = rows["batch", "v1beta1", "CronJob"]
    assert (beta["level"], beta["served"], beta["preferred"]) == ("beta", True, False)
    stable = rows["batch", "v1", "CronJob"]
    assert (stable["served"], stable["preferred"], stable["storage"]) == (True, True, True)
    assert not rows["", "v1", "Namespace"]["namespaced"]
    stored = [key for key, row in rows.items() if row["storage"]]
    assert len(stored) == len({(group, kind) for group, _, kind in stored})


def test_table_in_a_log_is_aligned_text(kconv: Kconv) -> None:
    ended = kconv("versions")
    header, *rows = ended.out.splitlines()
    assert header.split() == ["VERSION", "KIND", "LEVEL", "STATE"]
    assert ["v1", "ConfigMap", "stable", "preferred,", "stored"] in map(str.split, rows)
    assert "batch/v1beta1 CronJob: deprecated since 1.21" in ended.out
    assert all(row[header.index("KIND") - 1] == " " for row in rows[: rows.index("")])
    assert max(map(len, ended.out.splitlines())) <= 110, "the longest group, version and kind"
    assert "\x1b" not in ended.out


def test_fields_that_take_the_plain_path(kconv: Kconv, monkeypatch: pytest.MonkeyPatch) -> None:
    from kconv._compile import plain

    reasons = {"spec.host": "Host has no make_spec of its own"}
    monkeypatch.setattr(
        plain, "plain_reasons", lambda schema: reasons if schema.__name__ == "Job" else {}
    )
    assert "batch/v1 Job: plain: spec.host (Host has no make_spec" in kconv("versions").out
    rows = json.loads(kconv("versions", "-o", "json").out)["versions"]
    plain_ones = {row["kind"] for row in rows if row["plainFields"] == ["spec.host"]}
    assert plain_ones == {"Job"}
    assert all(row["compiled"] for row in rows)
    assert [row["plainReasons"] for row in rows if row["plainReasons"]] == [reasons] * 2


def test_generated_source_is_python(kconv: Kconv) -> None:
    ended = kconv("versions", "--source", "batch/v1beta1,CronJob")
    assert (ended.code, ended.err) == (0, "")
    compile(ended.out, "generated", "exec")
    document = json.loads(kconv("versions", "--source", "batch/v1beta1,CronJob", "-o", "json").out)
    assert document["kind"] == "CronJob"
    assert {f"# {title}" for title in document["sources"]} <= set(ended.out.splitlines())


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("CronJob", '--source: "CronJob" is not GROUP/VERSION,KIND'),
        ("batch/v1,Nope", 'no kind "Nope" is registered for version "batch/v1"'),
    ],
)
def test_source_of_nothing(kconv: Kconv, wanted: str, message: str) -> None:
    ended = kconv("versions", "--source", wanted)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_table_too_wide_for_a_terminal_is_stacked() -> None:
    text = stacked(("VERSION", "KIND", "LEVEL"), [("batch/v1", "Job", "stable")])
    assert text == "batch/v1\n  KIND   Job\n  LEVEL  stable"


def test_a_version_that_converts_by_way_of_another(kconv: Kconv) -> None:
    apis = ("--apis", "devices:register")
    found = json.loads(kconv("versions", "-o", "json", *apis).out)["versions"]
    ways = {each["version"]: each["via"] for each in found if each["kind"] == "Device"}
    assert ways == {
        "v2": None,
        "v1": None,
        "v1beta1": "devices.example.com/v1",
        "v1alpha1": "devices.example.com/v1beta1",
    }
    listed = " ".join(kconv("versions", *apis).out.split())
    assert "v1beta1 Device: converts by way of devices.example.com/v1" in listed
    source = kconv("versions", "--source", "devices.example.com/v1,Device", *apis).out
    assert "# to hub" not in source, "an annotation keeps retention: rules work on dicts"
    losses = " ".join(kconv("versions", "--loss", *apis).out.split())
    assert "(between devices.example.com/v1beta1 and devices.example.com/v1)" in losses


def test_versions_of_one_group(kconv: Kconv) -> None:
    for options, key in (((), "versions"), (("--loss",), "conversions")):
        rows = json.loads(kconv("versions", "--group", "batch", "-o", "json", *options).out)[key]
        assert rows
        assert {str(row.get("from", "batch/")).split("/")[0] for row in rows} == {"batch"}
        assert {row.get("group", "batch") for row in rows} == {"batch"}
    ended = kconv("versions", "--group", "bacth")
    assert ended.code == 2
    assert 'no group "bacth"' in ended.err
