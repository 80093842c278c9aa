"""Unmodified kubectl against the server."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme, load_scheme
from kconv._settings import Limits
from kconv._store import Key, SqlStore
from kconv.edges import Edge
from kconv.fields import Int32, Object
from serve.conftest import Running

MANIFEST = """
apiVersion: batch/{version}
kind: CronJob
metadata: {{name: report, namespace: demo}}
spec:
  schedule: "*/5 * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{{name: main, image: "{image}"}}]
"""


class Kubectl:
    def __init__(self, program: Path, url: str, folder: Path) -> None:
        self._command = [str(program), "-s", url, f"--cache-dir={folder / 'cache'}"]
        self.environment = {
            "HOME": str(folder),
            "KUBECONFIG": str(folder / "none"),
            "PATH": "/usr/bin:/bin",
        }

    def __call__(
        self, *arguments: str, stdin: str = "", fails: bool = False, said: str = ""
    ) -> str:
        """What it prints, on standard error where it ``fails``; ``said`` is a warning of it."""
        done = subprocess.run(
            [*self._command, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=60,
            check=False,
        )
        assert (done.returncode != 0) is fails, done.stderr + done.stdout
        assert said in done.stderr, done.stderr
        return done.stderr if fails else done.stdout


@pytest.fixture
def run(kubectl: Path, running: Running, tmp_path: Path) -> Kubectl:
    return Kubectl(kubectl, running.url, tmp_path)


class Replicas(Type):
    replicas = Int32()


class Deployment(Resource):
    """As much of a Deployment as kubectl autoscale wants to see."""

    class Meta:
        group = "apps"
        version = "v1"
        subresources = ("scale", "status")

    spec = Object(Replicas)
    status = Object(Replicas)


class DeploymentHub(Hub):
    class Meta:
        group = "apps"
        kind = "Deployment"

    spec = Object(Replicas)
    status = Object(Replicas)


def register_apps(scheme: Scheme) -> None:
    scheme.add(DeploymentHub, Edge(Deployment), storage="apps/v1")


def manifest(version: str, image: str = "busybox") -> str:
    return MANIFEST.format(version=version, image=image)


def test_a_day_with_kubectl(run: Kubectl) -> None:
    assert run("create", "namespace", "demo") == "namespace/demo created\n"
    applied = run("apply", "-f", "-", stdin=manifest("v1beta1"))
    assert applied == "cronjob.batch/report created\n"
    assert "report   */5 * * * *" in run("get", "cronjobs.v1.batch", "-n", "demo")
    renamed = json.loads(
        run("get", "scheduledjobs.v2alpha1.batch", "report", "-n", "demo", "-o", "json")
    )
    assert renamed["kind"] == "ScheduledJob"
    applied = run("apply", "-f", "-", stdin=manifest("v1", "busybox:2"))
    assert applied == "cronjob.batch/report configured\n"
    applied = run("apply", "-f", "-", stdin=manifest("v1", "busybox:2"))
    assert applied == "cronjob.batch/report unchanged\n"
    assert run("label", "cj", "report", "-n", "demo", "a=b") == "cronjob.batch/report labeled\n"
    assert "report" in run("get", "cj", "-A", "-l", "a=b")
    explained = run("explain", "cronjob.spec.schedule")
    assert "FIELD: schedule <string>" in explained
    assert "as cron has them" in " ".join(explained.split())
    described = run("describe", "cronjob", "report", "-n", "demo")
    assert "busybox:2" in described
    deleted = run("delete", "cronjob", "report", "-n", "demo")
    assert deleted.startswith('cronjob.batch "report" deleted')
    run("delete", "namespace", "demo")
    assert "demo" not in run("get", "namespaces")


def test_typed_commands(run: Kubectl) -> None:
    run("create", "configmap", "cm", "--from-literal=a=b")
    run("create", "secret", "generic", "s", "--from-literal=a=b")
    run("create", "job", "once", "--image=busybox", "--", "date")
    run("create", "cronjob", "often", "--image=busybox", "--schedule=* * * * *")
    assert json.loads(run("get", "cm", "cm", "-o", "json"))["data"] == {"a": "b"}
    assert json.loads(run("get", "secret", "s", "-o", "json"))["data"] == {"a": "Yg=="}
    job = json.loads(run("get", "job", "once", "-o", "json"))
    assert job["spec"]["template"]["spec"]["containers"][0]["command"] == ["date"]
    cron = json.loads(run("get", "cronjob", "often", "-o", "json"))
    assert cron["spec"]["concurrencyPolicy"] == "Allow"


def test_unknown_field_is_refused(run: Kubectl) -> None:
    run("create", "namespace", "demo")
    body = manifest("v1").replace("schedule:", "bogus: 1\n  schedule:")
    told = run("apply", "-f", "-", stdin=body, fails=True)
    assert 'unknown field "spec.bogus"' in told


def test_api_resources(run: Kubectl) -> None:
    listed = run("api-resources", "--api-group=batch", "-o", "name").split()
    assert listed == ["cronjobs.batch", "jobs.batch", "scheduledjobs.batch"]


def test_edit_by_replace_and_patch(run: Kubectl) -> None:
    run("create", "namespace", "demo")
    run("create", "-f", "-", stdin=manifest("v1"))
    run("patch", "cj", "report", "-n", "demo", "-p", '{"spec":{"suspend":true}}')
    found = json.loads(run("get", "cj", "report", "-n", "demo", "-o", "json"))
    assert found["spec"]["suspend"] is True
    found["spec"]["schedule"] = "0 * * * *"
    run("replace", "-f", "-", stdin=json.dumps(found))
    assert "0 * * * *" in run("get", "cj", "-n", "demo")
    assert run("wait", "--for=jsonpath={.spec.suspend}=true", "cj/report", "-n", "demo")


def test_autoscale(kubectl: Path, serve: Callable[..., Running], tmp_path: Path) -> None:
    kinds = load_scheme(["", "autoscaling"], [f"{__name__}:register_apps"])
    run = Kubectl(kubectl, serve(kinds=kinds).url, tmp_path)
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": 1},
    }
    run("apply", "-f", "-", stdin=json.dumps(deployment))
    told = run("autoscale", "deployment", "web", "--min=2", "--max=5", "--cpu-percent=70")
    assert told == "horizontalpodautoscaler.autoscaling/web autoscaled\n"
    older = json.loads(run("get", "horizontalpodautoscalers.v1.autoscaling", "web", "-o", "json"))
    assert older["spec"]["targetCPUUtilizationPercentage"] == 70
    newer = json.loads(run("get", "horizontalpodautoscalers.v2.autoscaling", "web", "-o", "json"))
    assert newer["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 70
    assert "cpu: <unknown>/70%" in run("get", "hpa")


def test_warnings_are_printed(
    kubectl: Path, serve: Callable[..., Running], store: SqlStore, tmp_path: Path
) -> None:
    leaves_out = serve(limits=Limits(leave_out_unreadable=True))
    run = Kubectl(kubectl, leaves_out.url, tmp_path)
    deprecated = "Warning: batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+"
    run("create", "namespace", "demo")
    manifest = MANIFEST.format(version="v1beta1", image="busybox")
    run("apply", "-f", "-", stdin=manifest, said=deprecated)
    key = Key("batch", "cronjobs", "demo", "report")
    row = store.get(key)
    broken = row.data.replace(b'"*/5 * * * *"', b"5")
    assert broken != row.data
    store.update(key, expected=row.resource_version, api_version="batch/v1", data=broken)
    mine = ("-n", "demo", "cronjobs")
    assert (
        run("get", *mine, said='Warning: left out, for they cannot be read: cronjobs.batch "demo')
        == ""
    )
    shown = run("get", *mine, "report", "-o", "json", said="spec.schedule: Invalid value: 5")
    assert json.loads(shown)["spec"]["schedule"] == 5
    assert "<unreadable>" in run("get", *mine, "report", said="cannot be read")
    run("replace", "-f", "-", stdin=MANIFEST.format(version="v1", image="busybox"))
    assert "*/5" in run("get", *mine, "report")
    row = store.get(key)
    store.update(key, expected=row.resource_version, api_version="batch/v1", data=b"broken")
    assert "cannot be read" in run("get", *mine, "report", fails=True)
    assert "deleted" in run("delete", *mine, "report", "--wait=false", said="cannot be read")
    assert run("get", *mine) == ""


def test_create_of_a_kind_that_is_not_served(run: Kubectl) -> None:
    unserved = json.dumps({"apiVersion": "nope.io/v1", "kind": "Nope", "metadata": {"name": "x"}})
    for verb in ("create", "apply"):
        said = run(verb, "-f", "-", stdin=unserved, fails=True)
        assert 'no matches for kind "Nope" in version "nope.io/v1"' in said
