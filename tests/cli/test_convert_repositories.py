"""``kconv convert`` of whole repositories: what is no manifest is passed over, with a reason."""

import json
import subprocess
from pathlib import Path

import pytest

import kconv as library
from cli.samples import CRONJOB, UNKNOWN, Kconv

PDB = (
    '{"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", '
    '"metadata": {"name": "a"}, "spec": {"minAvailable": 1}}'
)
FOREIGN = {
    "chart/Chart.yaml": ("apiVersion: v2\nname: x\n", "a chart of Helm, or values for one"),
    "chart/values.yaml": ("replicas: 3\n", "a chart of Helm, or values for one"),
    "chart/values-prod.yaml": ("replicas: 3\n", "a chart of Helm, or values for one"),
    "chart/templates/a.yaml": ("a: {{ .Values.a }}\n{{- if x }}\n", "a template of Helm"),
    "chart/templates/b.yaml": (CRONJOB.replace("nightly", "'{{ x }}'"), "a template of Helm"),
    "base/kustomization.yaml": ("resources: [x.yaml]\n", "a kustomization"),
    "base/patch.yaml": (
        "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}\nspec: {suspend: true}\n",
        "a patch, not a whole object",
    ),
    "base/json-patch.yaml": ("- {op: remove, path: /spec}\n", "a patch, not a whole object"),
    "dashboards/a.json": ('{"panels": [], "schemaVersion": 30}', "a dashboard"),
    "ci.yml": ("stages: [build]\njobs: {}\n", "no apiVersion and kind"),
    "list.yaml": ("- 1\n- 2\n", "no apiVersion and kind"),
    "secret.yaml": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nsops: {mac: x}\n",
        "encrypted by SOPS",
    ),
    "custom.yaml": (UNKNOWN, "a kind that no API package has"),
    "broken.yaml": ("a: {\n", "does not parse"),
}


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_each_is_passed_over_with_its_reason(kconv: Kconv, tmp_path: Path) -> None:
    fill(tmp_path, {name: text for name, (text, _) in FOREIGN.items()})
    fill(tmp_path, {"deep/a.yaml": f"# kept\n{CRONJOB}"})
    ended = kconv("convert", "-f", ".", "--in-place", "-v")
    assert ended.code == 0, ended.err
    said = dict(
        line.removeprefix("passed over ").split(": ", 1)
        for line in ended.err.splitlines()
        if line.startswith("passed over ")
    )
    for name, (_, reason) in FOREIGN.items():
        assert said[name].startswith(reason)
    assert len(said) == len(FOREIGN)
    assert (tmp_path / "deep/a.yaml").read_text() == f"# kept\n{CRONJOB}".replace("v1beta1", "v1")
    for name, (text, _) in FOREIGN.items():
        assert (tmp_path / name).read_text() == text


def test_a_line_for_each_reason(kconv: Kconv, tmp_path: Path) -> None:
    fill(tmp_path, {name: text for name, (text, _) in FOREIGN.items()} | {"a.yaml": CRONJOB})
    ended = kconv("convert", "-f", ".", "--dry-run", "--in-place")
    reasons = {reason for _, reason in FOREIGN.values()}
    lines = [line for line in ended.err.splitlines() if line.startswith("passed over")]
    assert {line.split(": ", 1)[1] for line in lines} == reasons
    assert "passed over 3: a chart of Helm, or values for one" in lines


@pytest.mark.parametrize("name", FOREIGN)
def test_strict_files_makes_it_an_error(kconv: Kconv, tmp_path: Path, name: str) -> None:
    text, reason = FOREIGN[name]
    fill(tmp_path, {name: text, "a.yaml": CRONJOB})
    strict = kconv("convert", "-f", ".", "--in-place", "--strict-files")
    if reason == "a template of Helm" and "b.yaml" in name:
        return  # it is a manifest, if one takes it for one
    if reason == "encrypted by SOPS":
        assert 'unknown field "sops"' in strict.err
        return
    assert strict.code == 1, strict.err
    assert (tmp_path / "a.yaml").read_text() == CRONJOB


def test_a_file_that_is_named_has_to_be_a_manifest(kconv: Kconv, tmp_path: Path) -> None:
    fill(tmp_path, {"values.yaml": "replicas: 3\n", "a.yaml": UNKNOWN})
    assert "Object 'Kind' is missing" in kconv("convert", "-f", "values.yaml").err
    assert 'no kind "Widget"' in kconv("convert", "-f", "a.yaml").err


def test_rendered_charts_by_pipe(kconv: Kconv) -> None:
    text = f"---\n# Source: x/a.yaml\n\n---\n{CRONJOB}---\n# Source: x/b.yaml\n{UNKNOWN}---\n"
    ended = kconv("convert", "-f", "-", stdin=text)
    assert ended.code == 0
    assert "passed over 1: a kind that no API package has" in ended.err
    assert [each["kind"] for each in library.convert(ended.out, ignore_unknown=True).documents] == [
        "CronJob",
        "Widget",
    ]


def test_documents_in_a_row_and_lists_without_items(kconv: Kconv, tmp_path: Path) -> None:
    text = f'{PDB}\n{{"kind": "List", "apiVersion": "v1", "items": null}} {PDB}'
    fill(tmp_path, {"a.json": text, "b.yaml": "kind: List\napiVersion: v1\nitems: null # c\n"})
    ended = kconv("convert", "-f", ".", "--in-place")
    assert (ended.code, ended.err) == (0, "rewrote a.json\n1 file already in that version\n")
    assert (tmp_path / "a.json").read_text() == text.replace("v1beta1", "v1")
    typed = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudgetList\nitems: # none\n"
    (tmp_path / "b.yaml").write_text(typed)
    assert kconv("convert", "-f", "b.yaml", "--in-place").code == 0
    assert (tmp_path / "b.yaml").read_text() == typed.replace("v1beta1", "v1")


def test_what_git_ignores_and_what_is_excluded(kconv: Kconv, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    names = ("a.yaml", "out/b.yaml", "in/out/c.yaml", "in/d.yaml", "in/e.yaml", "vendor/f.yaml")
    fill(tmp_path, dict.fromkeys(names, CRONJOB))
    fill(tmp_path, {".gitignore": "/out/\n*.tmp\ne.yaml\n", "in/.gitignore": "!e.yaml\nout\n"})
    ended = kconv("convert", "-f", ".", "--in-place", "--exclude", "vendor/", "--exclude", "a.*")
    assert ended.err == "rewrote in/d.yaml\nrewrote in/e.yaml\n"
    # What is named is read, whoever ignores it.
    assert kconv("convert", "-f", "out/b.yaml", "--in-place").err == "rewrote out/b.yaml\n"
    (tmp_path / "in/d.yaml").write_text(CRONJOB)
    assert kconv("convert", "-f", "in", "--in-place").err.startswith("rewrote in/d.yaml\n")


def test_patterns(kconv: Kconv, tmp_path: Path) -> None:
    fill(tmp_path, {"a/b/x.yaml": CRONJOB, "a/y.yaml": CRONJOB, "z.yaml": CRONJOB})
    ended = kconv("convert", "-f", "a/**/*.yaml", "--in-place")
    assert ended.err == "rewrote a/b/x.yaml\nrewrote a/y.yaml\n"
    missing = kconv("convert", "-f", "no/*.yaml")
    assert (missing.code, missing.err) == (2, "error: no/*.yaml: nothing matches it\n")


def test_from_python(tmp_path: Path) -> None:
    fill(tmp_path, {"a.yaml": CRONJOB, "b.yaml": "x: 1\n", "skip/c.yaml": CRONJOB})
    seen: list[tuple[int, int]] = []
    found = library.convert_files(
        [tmp_path], exclude=["skip"], progress=lambda done, total: seen.append((done, total))
    )
    assert [str(each).split(": ", 1)[1] for each in found.passed_over] == ["no apiVersion and kind"]
    assert found.replace() == [tmp_path / "a.yaml"]
    assert seen == [(1, 2), (2, 2)]
    strict = library.convert_files([tmp_path], exclude=["skip"], strict_files=True)
    assert len(strict.problems) == 1
    assert json.loads(found.encode("json"))["kind"] == "CronJob"


OVERLAY = {
    "kustomization.yaml": """\
resources: [nightly.yaml]
patches:
- target: {group: batch, version: v1beta1, kind: CronJob}
  patch: |-
    - {op: add, path: /metadata/labels, value: {a: b}}
- target: {kind: CronJob, name: any-version}
  path: json-patch.yaml
- patch: |-
    apiVersion: batch/v1beta1
    kind: CronJob
    metadata: {name: nightly}
- path: suspended.yaml
patchesJson6902:
- target: {group: batch, version: v1, kind: CronJob}
  path: json-patch.yaml
patchesStrategicMerge:
- suspended.yaml
replacements:
- source: {group: batch, version: v1beta1, kind: CronJob}
  targets:
  - select: {group: batch, version: v1beta1, kind: CronJob}
    fieldPaths: [metadata.labels]
  - select: {group: extensions, kind: Ingress}
    fieldPaths: [metadata.labels]
""",
    "nightly.yaml": CRONJOB,
    "suspended.yaml": (
        "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}\nspec: {suspend: true}\n"
    ),
}


def test_patches_that_would_match_nothing_are_named(kconv: Kconv, tmp_path: Path) -> None:
    fill(tmp_path, OVERLAY)
    lines = (3, 8, 19, 21, 23)
    found = json.loads(kconv("convert", "-f", ".", "--check", "-o", "json").out)
    named = [each["line"] for each in found["outdated"] if "kustomization" in each["where"]]
    assert named == [*lines]
    for options in ((), ("--target", "1.25"), ("--output-version", "batch/v1")):
        fill(tmp_path, OVERLAY)
        said = kconv("convert", "-f", ".", "--in-place", *options).err
        for line in lines[:-1]:  # there is no Ingress here that would be converted
            assert f"kustomization.yaml:{line}: names" in said
        assert "suspended.yaml: names CronJob of batch/v1beta1" in said
        assert said.count("write batch/v1 CronJob") == 5
        assert ":14:" not in said
    fill(tmp_path, OVERLAY)
    assert ":3: names" not in kconv("convert", "-f", ".", "--in-place", "--target", "1.20").err
