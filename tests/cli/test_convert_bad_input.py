"""``kconv convert`` of bad input: every problem at once, a code, and nothing written."""

from pathlib import Path

import pytest

from cli.samples import CRONJOB, UNKNOWN, Ended, Kconv
from kconv._codec import LIMIT

WRONG = """\
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: wrong, namespace: reports}
spec:
  suspend: "no"
  concurrencyPolicy: Sometimes
  jobTemplate:
    spec:
      parallelism: x
      template: {spec: {restartPolicy: OnFailure, containers: [{image: 7}]}}
"""

INVALID = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: wrong, namespace: reports}
spec:
  schedule: "* * * * *"
  concurrencyPolicy: Sometimes
  jobTemplate:
    spec:
      template: {spec: {restartPolicy: Perhaps, containers: [{name: a, image: b}]}}
"""


def refused(ended: Ended, code: int) -> str:
    assert ended.code == code, ended.err
    assert ended.out == ""
    assert ended.err.startswith("error: ")
    assert "Traceback" not in ended.err
    return ended.err


def test_every_problem_of_every_file_at_once(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{CRONJOB}---\n{UNKNOWN}---\n- 1\n")
    (tmp_path / "b.yaml").write_text(WRONG)
    (tmp_path / "c.json").write_text('{"apiVersion": ')
    (tmp_path / "d.yaml").write_text(CRONJOB)
    error = refused(kconv("convert", "-f", ".", "--in-place", "--strict-files"), 1)
    assert error.startswith("error: 4 problems; nothing was written\n")
    assert (
        '  a.yaml, document 2: no kind "Widget" is registered for version "example.com/v1"' in error
    )
    assert "  a.yaml, document 3: not an object" in error
    assert "  b.yaml: batch/v1beta1 CronJob reports/wrong: CronJob in version" in error
    for path in ("spec.suspend", "spec.jobTemplate.spec.parallelism", "containers[0].image"):
        assert path in error
    assert "  c.json: json parse error" in error
    assert (tmp_path / "d.yaml").read_text() == CRONJOB


def test_a_finding_is_a_line(kconv: Kconv) -> None:
    error = refused(kconv("convert", "-f", "-", "--strict", stdin=INVALID), 1)
    assert error.splitlines()[0] == 'error: standard input: CronJob.batch "wrong" is invalid'
    lines = [line.strip().partition(":")[0] for line in error.splitlines()[1:]]
    assert "spec.concurrencyPolicy" in lines
    assert "spec.jobTemplate.spec.template.spec.restartPolicy" in lines


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: {", "yaml parse error: line 2"),
        ('{"apiVersion": "batch/v1", ]', "parse error"),
        ("", "no objects in standard input"),
        ("---\n---\n", "no objects in standard input"),
        ("just words", "not an object"),
        ("kind: CronJob", "Object 'apiVersion' is missing"),
        ("apiVersion: batch/v1", "Object 'Kind' is missing"),
        ("apiVersion: batch/v1\nkind: 7", "kind must be a string"),
        ("apiVersion: a/b/c\nkind: X", "not a group/version"),
        ("apiVersion: batch/v9\nkind: CronJob", 'no kind "CronJob" is registered for version'),
        ("apiVersion: v1\nkind: List\nitems: [1]", "items[0]: not an object"),
        ("b: !!python/object:x {}", "has no meaning in the API"),
        ("[" * 300 + "]" * 300, "nests deeper than"),
    ],
)
def test_malformed(kconv: Kconv, text: str, said: str) -> None:
    assert said in refused(kconv("convert", "-f", "-", stdin=text), 1)


def test_aliases_made_to_explode(kconv: Kconv) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 9):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]")
    assert "expands to more than" in refused(kconv("convert", "-f", "-", stdin="\n".join(lines)), 1)


def test_file_over_the_limit(kconv: Kconv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "big.yaml").write_text(CRONJOB + "#" * LIMIT)
    assert kconv("convert", "-f", "big.yaml").code == 0
    monkeypatch.setattr("kconv._files.manifests.FILE_LIMIT", LIMIT)
    assert "big.yaml: Request entity too large" in refused(kconv("convert", "-f", "big.yaml"), 1)


def test_what_cannot_be_read_hides_nothing(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("gone.yaml")
    (tmp_path / "b.yaml").symlink_to("b.yaml")
    (tmp_path / "c.json").write_text('{"apiVersion": ')
    (tmp_path / "d.yaml").write_text(WRONG)
    error = refused(kconv("convert", "-f", ".", "-f", "nope", "--in-place", "--strict-files"), 1)
    assert error.startswith("error: 5 problems; nothing was written\n")
    assert "  a.yaml: a link to nowhere\n" in error
    assert "  b.yaml: " in error
    assert "  c.json: json parse error" in error
    assert "  d.yaml: batch/v1beta1 CronJob reports/wrong: " in error
    assert "  nope: no such file or folder" in error


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-f", "nope.yaml", "-f", "nada"], "nope.yaml: no such file or folder\n  nada: no such"),
        (["-f", "empty"], "empty: no *.yaml, *.yml, *.json in it"),
        (["-f", "a.yaml", "--output-version", "batch/v9"], "no version batch/v9: there are batch/"),
        (["-f", "a.yaml", "--output-version", "nope/v1"], "no version nope/v1: `kconv versions`"),
        (["-f", "a.yaml", "--output-version", "nope"], "no version nope: the core group has v1; "),
        (["-f", "a.yaml", "--output-version", "a/b/c"], "is not a group/version"),
        (
            ["-f", "a.yaml", "--output-version", "batch/v1", "--output-version", "batch/v1beta1"],
            "only one version for each group",
        ),
        (["-f", "-", "--in-place"], "--in-place does not go with -f -"),
        (["-f", "a.yaml", "--in-place", "-o", "json"], "--in-place does not go with -o"),
        (["-f", "a.yaml", "--apis", "nope:register"], "No module named 'nope'"),
        (["-f", "a.yaml", "--apis", "nope"], "write module:function"),
        (["--strict"], "nothing to convert"),
        (["--nope"], "No such option: --nope"),
    ],
)
def test_wrong_command(kconv: Kconv, tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "a.yaml").write_text(CRONJOB)
    (tmp_path / "empty").mkdir()
    assert said in refused(kconv("convert", *arguments), 2)
    assert (tmp_path / "a.yaml").read_text() == CRONJOB
