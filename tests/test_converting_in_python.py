"""Converting manifests and listing versions from Python, without the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kconv
from cli.samples import AUTOSCALER, CONVERTED, CRONJOB, UNKNOWN
from cli.test_loss import LOSSY

BROKEN = CRONJOB.replace('"30 2 * * *"', "7")


@pytest.mark.parametrize("data", [CRONJOB, CRONJOB.encode()])
@pytest.mark.parametrize("versions", [(), ("batch/v1",), (kconv.GroupVersion("batch", "v1"),)])
def test_a_manifest(data: str | bytes, versions: tuple[str | kconv.GroupVersion, ...]) -> None:
    found = kconv.convert(data, *versions)
    assert found.encode().decode() == CONVERTED
    assert (found.warnings, found.losses, found.problems) == ([], [], [])
    (file,) = found.files
    assert (file.path, file.format, file.changed, file.objects) == (None, "yaml", True, 1)
    assert json.loads(found.encode("json")) == file.documents[0]


def test_several_documents_each_to_its_version() -> None:
    found = kconv.convert(f"{CRONJOB}---\n{AUTOSCALER}", "batch/v2alpha1", "autoscaling/v2")
    assert [each["apiVersion"] for each in found.documents] == ["batch/v2alpha1", "autoscaling/v2"]
    assert json.loads(found.encode("json"))["kind"] == "List"


def test_a_conversion_back_changes_nothing() -> None:
    there = kconv.convert(AUTOSCALER, "autoscaling/v2").encode()
    back = kconv.convert(there, "autoscaling/v1").encode()
    assert kconv.convert(back, "autoscaling/v2").encode() == there
    assert not kconv.convert(there, "autoscaling/v2").files[0].changed


def test_losses_are_values() -> None:
    found = kconv.convert(LOSSY, "autoscaling/v1")
    (loss,) = found.losses
    assert kconv.format_path(loss.lost.path) == "spec.metrics[1].resource.target.value"
    assert (loss.lost.value, loss.api_version) == ("7", "autoscaling/v1")
    assert (loss.about.kind, loss.about.name) == ("HorizontalPodAutoscaler", "web")
    assert found.warnings == [str(loss)]
    with pytest.raises(kconv.ConversionError, match=r"spec\.metrics\[1\]\.resource\.target\.value"):
        kconv.convert(LOSSY, "autoscaling/v1", strict=True)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ("a: {", kconv.DecodeError),
        ("", kconv.InvalidObject),
        ("just words", kconv.DecodeError),
        ("apiVersion: a/b/c\nkind: X", kconv.DecodeError),
        ("apiVersion: a/b/c\nkind: XList\nitems: []", kconv.DecodeError),
        (UNKNOWN, kconv.NotRegistered),
        (BROKEN, kconv.DecodeError),
        (f"{BROKEN}---\n{UNKNOWN}", kconv.InvalidObject),
    ],
)
def test_what_is_wrong_is_raised(data: str, error: type[kconv.KconvError]) -> None:
    with pytest.raises(kconv.KconvError) as caught:
        kconv.convert(data)
    assert type(caught.value) is error


def test_all_that_is_wrong_at_once() -> None:
    with pytest.raises(kconv.InvalidObject) as caught:
        kconv.convert(f"{BROKEN}---\n{UNKNOWN}")
    assert caught.value.message.startswith("2 problems\n")
    assert "spec.schedule" in caught.value.message
    assert 'no kind "Widget"' in caught.value.message
    assert [each.path for each in caught.value.findings] == [("spec", "schedule")]


@pytest.mark.parametrize("versions", [("batch/v9",), ("batch/v1", "batch/v1beta1"), ("a/b/c",)])
def test_versions_that_there_are_not(versions: tuple[str, ...]) -> None:
    with pytest.raises(kconv.UsageError):
        kconv.convert(CRONJOB, *versions)


def test_unknown_kinds_may_stay() -> None:
    found = kconv.convert(f"{CRONJOB}---\n{UNKNOWN}", ignore_unknown=True)
    assert [each["kind"] for each in found.documents] == ["CronJob", "Widget"]


def test_files_are_replaced_all_or_none(tmp_path: Path) -> None:
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    one.write_text(CRONJOB)
    other.write_text(BROKEN)
    found = kconv.convert_files([tmp_path])
    assert len(found.problems) == 1
    assert "other.yaml" in found.problems[0].lines[0]
    with pytest.raises(kconv.DecodeError):
        found.replace()
    assert one.read_text() == CRONJOB
    other.write_text(CONVERTED)
    assert kconv.convert_files([tmp_path]).replace(full=True) == [one]
    assert one.read_text() == CONVERTED


def test_a_file_is_edited_and_its_comments_stay(tmp_path: Path) -> None:
    one = tmp_path / "one.yaml"
    one.write_text(f"# kept\n{CRONJOB}")
    found = kconv.convert_files([one])
    edited = found.files[0].edit().data.decode()
    assert edited == f"# kept\n{CRONJOB}".replace("batch/v1beta1", "batch/v1")
    assert found.replace() == [one]
    assert one.read_text() == edited
    assert kconv.convert_files([one]).replace() == []


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(kconv.UsageError, match=r"nowhere\.yaml: no such file or folder"):
        kconv.convert_files(["nowhere.yaml"]).encode()


def test_a_scheme_of_ones_own() -> None:
    import backups

    scheme = kconv.Scheme()
    backups.register(scheme)
    assert {each.gvk.group for each in kconv.versions(scheme)} == {backups.GROUP}
    with pytest.raises(kconv.NotRegistered):
        kconv.convert(CRONJOB, scheme=scheme)
    same = kconv.versions(apis=["backups:register"])
    assert [each for each in same if each.gvk.group == backups.GROUP] == kconv.versions(scheme)


def test_versions() -> None:
    found = {(each.gvk.api_version, each.gvk.kind): each for each in kconv.versions()}
    beta = found["batch/v1beta1", "CronJob"]
    assert (beta.level, beta.served, beta.preferred, beta.stored) == ("beta", True, False, False)
    assert beta.deprecated is not None
    assert not found["batch/v2alpha1", "ScheduledJob"].served
    order = [each.gvk.version for each in found.values() if each.gvk.group == "batch"]
    assert list(dict.fromkeys(order)) == ["v1", "v1beta1", "v2alpha1"]


def test_losses() -> None:
    found = {
        (each.source.api_version, each.target.api_version): each.losses for each in kconv.losses()
    }
    assert found["batch/v1", "batch/v1beta1"] == ()
    kept = {loss.path: loss.kept_in for loss in found["autoscaling/v2", "autoscaling/v1"]}
    assert kept["spec.behavior"] == "autoscaling.alpha.kubernetes.io/behavior"
