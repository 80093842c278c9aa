"""``kconv convert`` of good input."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.samples import AUTOSCALER, CONVERTED, CRONJOB, UNKNOWN, Kconv


def documents(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


def test_default_is_the_preferred_version_as_yaml(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CRONJOB)
    ended = kconv("convert", "-f", "a.yaml")
    assert (ended.code, ended.err) == (0, "")
    heads, body = ended.out.splitlines()[:2], ended.out.splitlines()[2:]
    assert set(heads) == set(CONVERTED.splitlines()[:2])
    assert body == CONVERTED.splitlines()[2:]


def test_standard_input_and_json_output(kconv: Kconv) -> None:
    ended = kconv(
        "convert", "-f", "-", "--output-version", "batch/v2alpha1", "-o", "json", stdin=CRONJOB
    )
    assert ended.code == 0
    value = json.loads(ended.out)
    assert (value["apiVersion"], value["kind"]) == ("batch/v2alpha1", "CronJob")


def test_json_on_standard_input(kconv: Kconv) -> None:
    text = json.dumps(yaml.safe_load(CRONJOB))
    assert documents(kconv("convert", "-f", "-", stdin=text).out) == documents(CONVERTED)


def test_former_kind_comes_out_as_the_kind_of_today_and_back(kconv: Kconv) -> None:
    text = CRONJOB.replace("v1beta1", "v2alpha1").replace("kind: CronJob", "kind: ScheduledJob")
    assert documents(kconv("convert", "-f", "-", stdin=text).out) == documents(CONVERTED)
    back = kconv("convert", "-f", "-", "--output-version", "batch/v2alpha1", stdin=text)
    assert documents(back.out)[0]["kind"] == "ScheduledJob"


def test_several_documents_and_files(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{CRONJOB}---\n---\n{AUTOSCALER}")
    (tmp_path / "b.json").write_text(json.dumps(yaml.safe_load(CRONJOB)))
    ended = kconv("convert", "-f", "a.yaml", "-f", "b.json", "-f", "./a.yaml")
    assert ended.code == 0
    found = [(value["apiVersion"], value["kind"]) for value in documents(ended.out)]
    assert found == [
        ("batch/v1", "CronJob"),
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
        ("batch/v1", "CronJob"),
    ]
    as_json = json.loads(kconv("convert", "-f", "a.yaml", "-f", "b.json", "-o", "json").out)
    assert (as_json["kind"], as_json["apiVersion"], len(as_json["items"])) == ("List", "v1", 3)


def test_folder_with_all_in_it(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / ".git").mkdir()
    (tmp_path / "in" / "b.yml").write_text(CRONJOB)
    (tmp_path / "in" / "deep" / "a.yaml").write_text(AUTOSCALER)
    (tmp_path / "in" / "notes.txt").write_text("not a manifest")
    (tmp_path / "in" / ".git" / "x.yaml").write_text("{")
    ended = kconv("convert", "-f", "in")
    assert [value["kind"] for value in documents(ended.out)] == [
        "CronJob",
        "HorizontalPodAutoscaler",
    ]


def test_list_of_mixed_kinds(kconv: Kconv) -> None:
    items = [yaml.safe_load(CRONJOB), yaml.safe_load(AUTOSCALER)]
    text = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items})
    (value,) = documents(kconv("convert", "-f", "-", stdin=text).out)
    assert (value["apiVersion"], value["kind"]) == ("v1", "List")
    assert [item["apiVersion"] for item in value["items"]] == ["batch/v1", "autoscaling/v2"]


def test_typed_list_whose_items_do_not_say_what_they_are(kconv: Kconv) -> None:
    item = yaml.safe_load(CRONJOB)
    del item["apiVersion"], item["kind"]
    listed = {
        "apiVersion": "batch/v1beta1",
        "kind": "CronJobList",
        "metadata": {"resourceVersion": "7"},
        "items": [item, item],
    }
    (value,) = documents(kconv("convert", "-f", "-", stdin=yaml.safe_dump(listed)).out)
    assert (value["apiVersion"], value["kind"]) == ("batch/v1", "CronJobList")
    assert value["metadata"] == {"resourceVersion": "7"}
    assert value["items"] == [yaml.safe_load(CONVERTED)] * 2


def test_empty_typed_list(kconv: Kconv) -> None:
    text = "{apiVersion: batch/v1beta1, kind: CronJobList, items: []}"
    (value,) = documents(kconv("convert", "-f", "-", stdin=text).out)
    assert value == {"apiVersion": "batch/v1", "kind": "CronJobList", "items": []}


def test_kind_without_the_version_is_left_and_told(kconv: Kconv) -> None:
    ended = kconv(
        "convert", "-f", "-", "--output-version", "batch/v1", stdin=f"{CRONJOB}---\n{AUTOSCALER}"
    )
    assert ended.code == 0
    cronjob, autoscaler = documents(ended.out)
    assert cronjob["apiVersion"] == "batch/v1"
    assert autoscaler == yaml.safe_load(AUTOSCALER)
    assert ended.err == (
        "warning: standard input, document 2: autoscaling/v1 HorizontalPodAutoscaler reports/web: "
        "has no version batch/v1; left in autoscaling/v1\n"
    )


def test_a_version_for_each_group(kconv: Kconv) -> None:
    wanted = ("--output-version", "batch/v1", "--output-version", "autoscaling/v1")
    ended = kconv("convert", "-f", "-", *wanted, stdin=f"{CRONJOB}---\n{AUTOSCALER}")
    assert (ended.code, ended.err) == (0, "")
    versions = [value["apiVersion"] for value in documents(ended.out)]
    assert versions == ["batch/v1", "autoscaling/v1"]


def test_unknown_kinds_pass_through_on_request(kconv: Kconv) -> None:
    ended = kconv("convert", "-f", "-", "--ignore-unknown", stdin=f"{UNKNOWN}---\n{CRONJOB}")
    assert ended.code == 0
    assert documents(ended.out) == [yaml.safe_load(UNKNOWN), yaml.safe_load(CONVERTED)]


def test_unknown_and_repeated_fields_are_told(kconv: Kconv) -> None:
    text = CRONJOB.replace("spec:\n  schedule", "spec:\n  shedule: x\n  suspend: no\n  schedule")
    text = text.replace("  suspend: no\n", "  suspend: no\n  suspend: yes\n")
    ended = kconv("convert", "-f", "-", stdin=text)
    assert ended.code == 0
    about = "warning: standard input"
    assert ended.err.splitlines() == [
        f'{about}: duplicate field "spec.suspend", dropped',
        f'{about}: batch/v1beta1 CronJob reports/nightly: unknown field "spec.shedule", dropped',
    ]
    strict = kconv("convert", "-f", "-", "--strict", stdin=text)
    assert (strict.code, strict.out) == (1, "")
    assert 'unknown field "spec.shedule"' in strict.err
    assert 'duplicate field "spec.suspend"' in strict.err


def test_in_place_rewrites_what_is_not_in_the_version(kconv: Kconv, tmp_path: Path) -> None:
    old, link, new = (tmp_path / name for name in ("old.yaml", "link.yaml", "new.yaml"))
    as_json = tmp_path / "x.json"
    old.write_text(CRONJOB)
    old.chmod(0o640)
    link.symlink_to(old)
    new.write_text(f"# kept\n{CRONJOB.replace('v1beta1', 'v1')}")
    as_json.write_text(json.dumps(yaml.safe_load(CRONJOB)))
    before = new.read_text()
    files = ("-f", "link.yaml", "-f", "new.yaml", "-f", "x.json")
    ended = kconv("convert", *files, "--in-place", "--full")
    assert (ended.code, ended.out) == (0, "")
    assert documents(old.read_text()) == documents(CONVERTED)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert new.read_text() == before
    assert json.loads(as_json.read_text())["apiVersion"] == "batch/v1"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "link.yaml",
        "new.yaml",
        "old.yaml",
        "x.json",
    ]


@pytest.mark.parametrize("options", [["--in-place"], []])
def test_dry_run_writes_nothing(kconv: Kconv, tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "a.yaml").write_text(CRONJOB)
    ended = kconv("convert", "-f", "a.yaml", "--dry-run", *options)
    assert (ended.code, ended.out) == (0, "")
    assert "a.yaml: 1 object, would be" in ended.err
    assert (tmp_path / "a.yaml").read_text() == CRONJOB


def test_api_that_is_not_installed(kconv: Kconv, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = Path(__file__).resolve().parents[2] / "examples"
    monkeypatch.syspath_prepend(str(examples))
    text = (
        "{apiVersion: backup.example.com/v1beta1, kind: Plan, metadata: {name: a}, "
        'spec: {place: "b:f"}}'
    )
    ended = kconv("convert", "-f", "-", "--apis", "backups:register", stdin=text)
    assert documents(ended.out)[0]["spec"] == {"bucket": "b", "folder": "f", "mode": "Full"}


def test_values_that_a_server_would_refuse_are_warned_about(kconv: Kconv) -> None:
    text = CRONJOB.replace("spec:\n", "spec:\n  concurrencyPolicy: Sometimes\n", 1)
    ended = kconv("convert", "-f", "-", stdin=text)
    assert ended.code == 0
    assert documents(ended.out)[0]["spec"]["concurrencyPolicy"] == "Sometimes"
    assert 'spec.concurrencyPolicy: Unsupported value: "Sometimes"' in ended.err
    strict = kconv("convert", "-f", "-", "--strict", stdin=text)
    assert (strict.code, strict.out) == (1, "")
    assert 'spec.concurrencyPolicy: Unsupported value: "Sometimes"' in strict.err


def test_agrees_with_kubernetes(kconv: Kconv, reference: Path) -> None:
    cases = [
        json.loads(path.read_bytes())
        for path in sorted((reference / "convert").iterdir())
        if "CronJob" in path.name or "HorizontalPodAutoscaler" in path.name
    ]
    assert len(cases) == 18
    for case in cases:
        ended = kconv(
            *("convert", "-f", "-", "--output-version", case["outputVersion"], "-o", "json"),
            stdin=json.dumps(case["input"]),
        )
        assert ended.code == 0, ended.err
        found = json.loads(ended.out)
        found["metadata"].pop("managedFields", None)
        assert meant(found) == meant(case["output"])


def meant(value: Any) -> Any:
    """A value without what is empty, which some writers leave out."""
    if isinstance(value, dict):
        kept = {key: meant(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, "", [], {})}
    return [meant(inner) for inner in value] if isinstance(value, list) else value
