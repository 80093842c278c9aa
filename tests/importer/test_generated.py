"""The modules that kconv ships: complete, and exactly what the importer writes."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import kconv.meta
from importer.test_cli import app_of
from importer.test_source import ruff
from kconv._cli.import_openapi import import_openapi
from kconv._importer.document import Definitions, normalise, properties_of, read_definitions
from kconv._importer.overlay import apply_overlays, read_overlay
from kconv._importer.selection import reached, select
from kconv._resource import Resource
from kconv._schema import Type
from kconv_schemas.autoscaling.v1 import types as autoscaling_v1
from kconv_schemas.autoscaling.v2 import types as autoscaling_v2
from kconv_schemas.batch.v1 import types as batch_v1
from kconv_schemas.core.v1 import types as core_v1

NEWER = {
    ("clusterTrustBundle", "user"),
    ("conditions", "observedGeneration"),
    ("configMap", "defaultUser"),
    ("downwardAPI", "defaultUser"),
    ("emptyDir", "mode"),
    ("grpc", "mode"),
    ("httpGet", "protocol"),
    ("items", "user"),
    ("podCertificate", "user"),
    ("projected", "defaultUser"),
    ("secret", "defaultUser"),
    ("serviceAccountToken", "user"),
    ("spec", "evictionResponders"),
    ("spec", "scheduling"),
    ("volumeMounts", "bindMountOptions"),
}
"""Fields in the recorded objects that the recorded Kubernetes drops: they came after 1.36."""

ROOT = Path(__file__).resolve().parents[2]
OVERLAYS = ROOT / "schemas" / "overlays"

PACKAGES = {
    "io.k8s.api.autoscaling.v1": autoscaling_v1,
    "io.k8s.api.autoscaling.v2": autoscaling_v2,
    "io.k8s.api.batch.v1": batch_v1,
    "io.k8s.api.core.v1": core_v1,
    "io.k8s.apimachinery.pkg.apis.meta.v1": kconv.meta,
}

KINDS: dict[str, type[Resource]] = {
    "autoscaling.v1.HorizontalPodAutoscaler": autoscaling_v1.HorizontalPodAutoscaler,
    "autoscaling.v2.HorizontalPodAutoscaler": autoscaling_v2.HorizontalPodAutoscaler,
    "batch.v1.CronJob": batch_v1.CronJob,
    "batch.v1.Job": batch_v1.Job,
    "core.v1.ConfigMap": core_v1.ConfigMap,
    "core.v1.Event": core_v1.Event,
    "core.v1.Namespace": core_v1.Namespace,
    "core.v1.Secret": core_v1.Secret,
}


def commands() -> list[list[str]]:
    """The commands in the words of schemas/README.md, which write the modules again."""
    lines = map(str.strip, (ROOT / "schemas" / "README.md").read_text().splitlines())
    prefix = "kconv import openapi "
    return [shlex.split(line)[3:] for line in lines if line.startswith(prefix)]


@pytest.fixture(scope="module")
def definitions(reference: Path) -> Definitions:
    """Kubernetes' definitions with the overlay over them."""
    given = read_definitions((reference / "definitions.json").read_bytes(), "definitions.json")
    overlays = [read_overlay(each.read_bytes(), each.name) for each in OVERLAYS.glob("*.yaml")]
    return normalise(apply_overlays(given, overlays))


@pytest.mark.parametrize("command", commands(), ids=["meta", "schemas"])
def test_running_the_importer_again_changes_nothing(
    command: list[str], reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    where = str(reference / "definitions.json")
    arguments = [where if part.endswith("definitions.json") else part for part in command]
    result = CliRunner().invoke(app_of(import_openapi), [*arguments, "--check"])
    assert result.exit_code == 0, result.output


def test_every_property_of_every_definition_is_a_field(definitions: Definitions) -> None:
    roots = [f"io.k8s.api.{kind}" for kind in KINDS]
    names = reached(definitions, select(definitions, (), roots))
    assert len(names) > 150
    for name in names:
        prefix, _, cls_name = name.rpartition(".")
        cls: type[Type] = getattr(PACKAGES[prefix], cls_name)
        assert set(cls.instance().wire_fields()) == set(properties_of(definitions[name])), name


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_key_of_a_full_object_is_unknown(kind: str, reference: Path) -> None:
    full = json.loads((reference / "serialization" / f"{kind}.json").read_text())
    schema = KINDS[kind].instance()
    unknown = list(schema.unknown_fields(full))
    assert [path for path in unknown if field_of(path) not in NEWER] == []
    lost = set(leaves(full)) - set(leaves(schema.load(full)))
    for path in lost:
        if path[0] != "stringData":  # written to a Secret, and read as its data
            assert any(path[: len(prefix)] == prefix for prefix in unknown), path


def field_of(path: tuple[str | int, ...]) -> tuple[str, str]:
    """The field that a path ends at, behind the one that holds it."""
    names = [step for step in path if isinstance(step, str)]
    return names[-2], names[-1]


def test_kubernetes_drops_the_newer_fields_too(reference: Path) -> None:
    case = "fixture-CronJob-full--batch.v1--to--batch.v1beta1.json"
    recorded = json.loads((reference / "convert" / case).read_text())
    unknown = set(batch_v1.CronJob.instance().unknown_fields(recorded["input"]))
    kept = set(leaves(recorded["output"]))
    assert unknown
    for path in unknown:
        assert not any(other[: len(path)] == path for other in kept), path


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of each value in a document that is not null, empty or a collection."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    elif value is not None:
        yield path


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_full_object_survives_load_and_dump(kind: str, reference: Path) -> None:
    full = json.loads((reference / "serialization" / f"{kind}.json").read_text())
    schema = KINDS[kind].instance()
    loaded = schema.load(full)
    assert schema.dump(loaded) == loaded


def test_defaults_are_those_of_kubernetes(reference: Path) -> None:
    case = "manifest-CronJob-report--batch.v1beta1--to--batch.v1.json"
    recorded = json.loads((reference / "convert" / case).read_text())
    computed = {"imagePullPolicy", "serviceAccount", "apiVersion", "cpu", "memory"}
    given = recorded["input"] | {"apiVersion": "batch/v1"}
    loaded = dict(flat(batch_v1.CronJob.instance().load(given)))
    for path, value in flat(recorded["output"]):
        if path[-1] not in computed:
            assert loaded[path] == value, path
    assert set(loaded) <= {path for path, _ in flat(recorded["output"])}


def flat(value: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Each value in a document that is not a collection, by its path."""
    for path in leaves(value):
        found = value
        for step in path:
            found = found[step]
        yield path, found


def test_jobs_defaults_are_not_those_of_a_template() -> None:
    loaded = batch_v1.JobTemplateSpec.instance().load({"spec": {}})
    assert set(loaded["spec"]) == {"template"}


def test_modules_are_of_a_readable_size_and_formatted() -> None:
    for folder in (ROOT / "schemas" / "kconv_schemas", ROOT / "convert" / "kconv" / "meta"):
        for path in folder.rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 350, path
    assert ruff(ROOT / "convert" / "kconv" / "meta", "format", "--diff") == ""
    for types in sorted((ROOT / "schemas" / "kconv_schemas").glob("*/*/types")):
        assert ruff(types, "format", "--diff") == ""


def test_resources_say_how_they_are_served() -> None:
    options = batch_v1.CronJob.opts
    assert (options.group, options.version, options.plural) == ("batch", "v1", "cronjobs")
    assert (options.short_names, options.categories) == (("cj",), ("all",))
    assert core_v1.Namespace.opts.namespaced is False
    assert core_v1.Secret.opts.subresources == ()
