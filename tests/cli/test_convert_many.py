"""Three hundred manifests in mixed old versions, as people write them, edited in a repository."""

import io
import random
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML

import kconv as library
from cli.samples import Kconv, on_terminal
from fixtures.long import LONG
from kconv._codec import yaml as yaml_codec
from kconv._differences import differences
from layout.texts import Layout

POD = {"containers": [{"name": "web", "image": "nginx", "resources": {"limits": {"cpu": "500m"}}}]}
SPEC: dict[str, Callable[[random.Random], tuple[str, str, dict[str, Any]]]] = {
    "deployment": lambda r: (
        r.choice(["apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"]),
        "Deployment",
        {
            "replicas": r.randint(1, 9),
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": POD},
        },
    ),
    "daemon": lambda r: (
        r.choice(["apps/v1beta2", "extensions/v1beta1"]),
        "DaemonSet",
        {
            "selector": {"matchLabels": {"app": "web"}},
            "updateStrategy": {"type": "OnDelete"},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": POD},
        },
    ),
    "ingress": lambda r: (
        r.choice(["networking.k8s.io/v1beta1", "extensions/v1beta1"]),
        "Ingress",
        {
            "backend": {"serviceName": "web", "servicePort": r.choice([80, "http"])},
            "rules": [
                {
                    "host": "shop.example.com",
                    "http": {
                        "paths": [
                            {"path": "/", "backend": {"serviceName": "api", "servicePort": 8080}}
                        ]
                    },
                }
            ],
        },
    ),
    "cron": lambda r: (
        "batch/v1beta1",
        "CronJob",
        {
            "schedule": "30 2 * * *",
            "jobTemplate": {"spec": {"template": {"spec": {**POD, "restartPolicy": "Never"}}}},
        },
    ),
    "budget": lambda r: (
        "policy/v1beta1",
        "PodDisruptionBudget",
        {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    ),
    "scaler": lambda r: (
        "autoscaling/v1",
        "HorizontalPodAutoscaler",
        {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "maxReplicas": 10,
            "targetCPUUtilizationPercentage": r.randint(20, 70),
        },
    ),
    "policy": lambda r: (
        "extensions/v1beta1",
        "NetworkPolicy",
        {"podSelector": {}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"a": "b"}}}]}]},
    ),
    "class": lambda r: ("scheduling.k8s.io/v1beta1", "PriorityClass", {}),
    "service": lambda r: ("v1", "Service", {"ports": [{"port": 80}], "selector": {"app": "web"}}),
}


def manifests(number: int) -> dict[str, str]:
    chance = random.Random(number)
    texts = {}
    for each in range(number):
        name = list(SPEC)[each % len(SPEC)]
        version, kind, spec = SPEC[name](chance)
        value: dict[str, Any] = {
            "apiVersion": version,
            "kind": kind,
            "metadata": {"name": f"{name}-{each}", "labels": {"app": "web", "team": "shop"}},
        }
        value |= {"value": 7} if kind == "PriorityClass" else {"spec": spec}
        texts[f"{name}/{each}.yaml"] = Layout(chance.choice).text(value)
    return texts


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    ended = subprocess.run([*command, *words], check=True, capture_output=True, text=True)
    return ended.stdout


def readings(text: str) -> list[Any]:
    return [
        yaml_codec.decode_all(text.encode()),
        list(yaml.load_all(text, Loader=yaml.CSafeLoader)),
        list(YAML(typ="safe", pure=True).load_all(io.StringIO(text))),
    ]


def test_three_hundred(kconv: Kconv, tmp_path: Path) -> None:
    texts = manifests(300 if LONG else 80)
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "before")
    before = library.convert_files(list(map(str, texts)))
    ended = kconv("convert", "-f", ".", "--in-place")
    assert ended.code == 0, ended.err
    old = sum(not name.startswith("service/") for name in texts)
    assert f"rewrote {old} files with {old} objects" in ended.err

    stat = git(tmp_path, "diff", "--shortstat")
    added, removed = (int(re.findall(rf"(\d+) {what}", stat)[0]) for what in ("ins", "del"))
    lines = sum(text.count("\n") for text in texts.values())
    assert removed < 4 * old < lines / 3
    assert added < 9 * old

    after = library.convert_files(list(map(str, texts)))
    assert not any(file.changed for file in after.files)
    for one, other in zip(before.documents, after.documents, strict=True):
        # Both are full: so only what the conversion means has changed.
        full = library.convert(yaml_codec.encode(one)).documents[0]
        assert list(differences(full, other)) == []
    for name, text in texts.items():
        edited = (tmp_path / name).read_text()
        first, *others = readings(edited)
        assert all(each == first for each in others)
        assert set(re.findall(r"# c\d+", edited)) == set(re.findall(r"# c\d+", text))
        if name.startswith("service/"):
            assert edited == text

    again = kconv("convert", "-f", ".", "--in-place")
    assert again.err == f"{len(texts)} files already in that version\n"
    assert git(tmp_path, "diff", "--shortstat") == stat


def test_a_bar_and_a_summary_in_a_terminal(tmp_path: Path) -> None:
    """What a person sees, on a terminal of 80 columns."""
    for name, text in manifests(60).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    shown = on_terminal("convert", "-f", ".", "--in-place", folder=tmp_path, columns=80)
    assert "60 of 60 files\r\033[K" in shown
    lines = shown.split("\033[K")[-1].splitlines()
    assert len(lines) <= 5
    assert max(map(len, lines)) <= 80
