"""Containerfile and compose.yaml, step by step as written, without a container runtime."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
CONTAINERFILE = (ROOT / "Containerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]


def instruction(name: str) -> list[str]:
    """The command of the image's last instruction of that name, in its JSON form."""
    found: list[str] = json.loads(re.findall(rf"(?m)^{name} (\[.*\])$", CONTAINERFILE)[-1])
    return found


def test_what_is_copied_builds_the_wheel(tmp_path: Path) -> None:
    let_in = (ROOT / ".dockerignore").read_text().split()
    assert let_in[0] == "*"
    for sources in re.findall(r"(?m)^COPY (?!--from)(.*) \S+$", CONTAINERFILE):
        for source in sources.split():
            assert f"!{source}" in let_in
            if (ROOT / source).is_dir():
                shutil.copytree(
                    ROOT / source, tmp_path / source, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                shutil.copy(ROOT / source, tmp_path / source)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", "."]
    build = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stdout + build.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.endswith("share/man/man1/kconv.1") for name in names)
    assert sum(name.endswith("/py.typed") for name in names) == 3


def test_services_refer_to_what_is_there() -> None:
    assert set(COMPOSE["volumes"]) == {
        volume.partition(":")[0] for each in SERVICES.values() for volume in each["volumes"]
    }
    assert SERVICES["credentials"]["build"]["dockerfile"] == "Containerfile"
    assert SERVICES["credentials"]["image"] == SERVICES["kconv"]["image"]
    assert set(SERVICES["kconv"]["depends_on"]) == set(SERVICES) - {"kconv"}
    assert set(COMPOSE) == {"services", "volumes"}, "what every compose reads: podman's, no configs"
    url = SERVICES["kconv"]["environment"]["KCONV_DB"]
    database = SERVICES["postgres"]["environment"]
    assert url == (
        f"postgresql://{database['POSTGRES_USER']}:{database['POSTGRES_PASSWORD']}"
        f"@postgres/{database['POSTGRES_DB']}"
    )
    uid = re.findall(r"(?m)^USER (\d+)$", CONTAINERFILE)[-1]
    assert f"chown {uid} " in SERVICES["credentials"]["command"][0]
    assert f"--uid {uid} " in CONTAINERFILE


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    """What the service of that name makes, in a folder that stands for its volume."""
    (tmp_path / "bin").mkdir()
    chown = tmp_path / "bin" / "chown"
    chown.write_text("#!/bin/sh\n")
    chown.chmod(0o755)
    folder = tmp_path / "credentials"
    folder.mkdir()
    service = SERVICES["credentials"]
    script = service["command"][0].replace("$$", "$").replace("/credentials", str(folder))
    environment = {**os.environ, "PATH": f"{chown.parent}:{os.environ['PATH']}"}
    command = [*service["entrypoint"], script]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    token = (folder / "token").read_text()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    assert (folder / "token").read_text() == token, "a second start keeps what the first made"
    return folder


@pytest.fixture
def port(credentials: Path, postgres_url: str) -> Iterator[str]:
    """The port of a server that the image's command and the service's environment start."""
    said = {
        name: value.replace("/credentials", str(credentials))
        for name, value in SERVICES["kconv"]["environment"].items()
    }
    assert said["KCONV_SERVE_PORT"] == "8001"
    assert SERVICES["kconv"]["ports"] == ["127.0.0.1:8001:8001"]
    assert "command" not in SERVICES["kconv"]
    program, *rest = instruction("ENTRYPOINT")
    command = [str(Path(sys.executable).with_name(program)), *rest, *instruction("CMD")]
    environment = os.environ | said | {"KCONV_DB": postgres_url, "KCONV_SERVE_PORT": "0"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        found = re.search(r"https://[^\s:]+:(\d+)", process.stdout.readline())
        assert found
        yield found[1]
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_the_server_starts_and_lets_in_who_has_the_token(
    port: str, credentials: Path, kubectl: Path, tmp_path: Path
) -> None:
    check = SERVICES["kconv"]["healthcheck"]["test"]
    assert check[:3] == ["CMD", "python", "-c"]
    script = check[3].replace("/credentials", str(credentials)).replace(":8001", f":{port}")
    subprocess.run([sys.executable, "-c", script], check=True)

    header = (ROOT / "compose.yaml").read_text().partition("services:")[0]
    lines = header.replace("#", " ").replace("\\\n", " ").splitlines()
    (typed,) = (line for line in lines if "kubectl" in line)
    typed = typed.replace(":8001", f":{port}").replace("kubectl", shlex.quote(str(kubectl)))
    for command, code in ((typed, 0), (re.sub(r"--token \S+ token\)\"", "--token no", typed), 1)):
        ended = subprocess.run(
            ["bash", "-c", command],
            cwd=credentials,
            stdin=subprocess.DEVNULL,  # kubectl asks there for a name where a token is refused
            timeout=60,
            env={**os.environ, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, ended.stderr
