"""Archives of Velero: found, reported, and converted on request."""

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from cli.samples import Kconv
from kconv import DecodeError, TooLarge
from kconv._files import velero
from kconv._files.replace import back_up

Value = dict[str, Any]

HEAD = "resources/ingresses.extensions"
AT = "namespaces/shop/web.json"
LAST = "kubectl.kubernetes.io/last-applied-configuration"


def ingress(version: str, **metadata: Any) -> Value:
    backend = {"serviceName": "web", "servicePort": 80}
    return {
        "kind": "Ingress",
        "apiVersion": version,
        "metadata": {"name": "web", "namespace": "shop", **metadata},
        "spec": {"backend": backend},
    }


OLD = ingress("extensions/v1beta1")
WIDGET = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "r"},
}
MEMBERS: dict[str, Any] = {
    f"{HEAD}/{AT}": OLD,
    f"{HEAD}/v1beta1-preferredversion/{AT}": OLD,
    "resources/widgets.example.com/cluster/w.json": WIDGET,
    "resources/clusterroles.rbac.authorization.k8s.io/cluster/r.json": ROLE,
}


def pack(path: Path, members: dict[str, Any], first: str = "metadata/version") -> None:
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name, value in {first: "1.1.0\n", **members}.items():
            data = value.encode() if isinstance(value, str) else json.dumps(value).encode()
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(data), 0o755, 1_700_000_000
            tar.addfile(info, io.BytesIO(data))


def unpack(path: Path) -> dict[str, Any]:
    with tarfile.open(path) as tar:
        found = {}
        for member in tar:
            assert (member.mode, member.mtime) == (0o755, 1_700_000_000)
            data = tar.extractfile(member)
            assert data is not None
            text = data.read().decode()
            found[member.name] = json.loads(text) if member.name.endswith(".json") else text
        return found


def test_it_is_passed_over_and_found(kconv: Kconv, tmp_path: Path) -> None:
    pack(tmp_path / "b.tar.gz", MEMBERS)
    pack(tmp_path / "c.tar.gz", MEMBERS, first="chart/Chart.yaml")  # which is another one's
    before = (tmp_path / "b.tar.gz").read_bytes()
    ended = kconv("convert", "-f", ".", "--in-place")
    assert ended.code == 0
    assert "passed over 1: an archive of Velero, which --embedded converts" in ended.err
    assert (tmp_path / "b.tar.gz").read_bytes() == before
    ended = kconv("convert", "-f", ".", "--check")
    assert ended.code == 1
    _, row = ended.out.splitlines()
    assert row.split("   ") == [
        "b.tar.gz (Velero archive)", "Ingress shop/web", "extensions/v1beta1",
        "networking.k8s.io/v1", "1.22",
    ]  # fmt: skip
    assert "4 objects in 1 file: 1 in versions that Kubernetes" in ended.err
    (found,) = json.loads(kconv("convert", "-f", ".", "--check", "-o", "json").out)["outdated"]
    assert (found["file"], found["line"], found["where"], found["converts"]) == (
        "b.tar.gz", 0, "Velero archive", False,
    )  # fmt: skip
    assert "line=1," in kconv("convert", "-f", "b.tar.gz", "--check", "-o", "github").out
    assert "line 0" not in kconv("convert", "-f", ".", "--check", "-o", "junit").out


def test_it_is_converted_on_request(kconv: Kconv, tmp_path: Path) -> None:
    path = tmp_path / "b.tar.gz"
    pack(path, MEMBERS)
    before = path.read_bytes()
    shown = kconv("convert", "-f", ".", "--diff", "--embedded", "--dry-run").out
    assert f"--- a/b.tar.gz/{HEAD}/{AT}" in shown
    assert '+  "apiVersion": "networking.k8s.io/v1"' in shown
    ended = kconv("convert", "-f", ".", "--in-place", "--embedded")
    assert ended.code == 0
    assert "rewrote b.tar.gz" in ended.err
    assert (tmp_path / ".kconv-backup" / "b.tar.gz").read_bytes() == before
    found = unpack(path)
    new = "resources/ingresses.networking.k8s.io"
    assert list(found) == [
        "metadata/version",
        f"{new}/{AT}",
        f"{new}/v1-preferredversion/{AT}",
        *list(MEMBERS)[2:],
    ]
    assert found[f"{new}/{AT}"] == found[f"{new}/v1-preferredversion/{AT}"]
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    assert found[f"{new}/{AT}"]["spec"] == {"defaultBackend": backend}
    assert {name: found[name] for name in list(MEMBERS)[2:]} == dict(list(MEMBERS.items())[2:])
    assert kconv("convert", "-f", ".", "--check").code == 0
    again = path.read_bytes()
    assert kconv("convert", "-f", ".", "--in-place", "--embedded").code == 0
    assert path.read_bytes() == again


def test_what_is_there_in_the_new_version_stays(kconv: Kconv, tmp_path: Path) -> None:
    path = tmp_path / "b.tar.gz"
    new = "resources/ingresses.networking.k8s.io"
    other = {**ROLE, "metadata": {"name": "another"}}
    pack(path, {f"{HEAD}/{AT}": OLD, f"{new}/{AT}": other})
    assert kconv("convert", "-f", "b.tar.gz", "--in-place", "--embedded").code == 0
    found = unpack(path)
    assert found[f"{new}/{AT}"] == other
    assert found[f"{HEAD}/{AT}"]["apiVersion"] == "networking.k8s.io/v1"


def test_what_is_inside_of_its_objects(kconv: Kconv, tmp_path: Path) -> None:
    path = tmp_path / "b.tar.gz"
    applied = {LAST: json.dumps(OLD)}
    pack(path, {f"{HEAD}/{AT}": ingress("extensions/v1beta1", annotations=applied)})
    assert "(last-applied)" in kconv("convert", "-f", ".", "--check").out
    assert kconv("convert", "-f", ".", "--in-place", "--embedded").code == 0
    (_, value) = unpack(path).values()
    assert (
        json.loads(value["metadata"]["annotations"][LAST])["apiVersion"] == "networking.k8s.io/v1"
    )


def test_long_names_stay(kconv: Kconv, tmp_path: Path) -> None:
    path = tmp_path / "b.tar.gz"
    long = f"resources/ingresses.extensions/namespaces/{'n' * 63}/{'w' * 200}.json"
    pack(path, {long: OLD})
    assert kconv("convert", "-f", ".", "--in-place", "--embedded").code == 0
    assert list(unpack(path))[1] == long.replace("extensions", "networking.k8s.io")


@pytest.mark.parametrize("data", [b"", b"no archive", b"\x1f\x8b\x08\x00"])
def test_what_is_no_archive(data: bytes, kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "b.tar.gz").write_bytes(data)
    ended = kconv("convert", "-f", "b.tar.gz", "--embedded")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    (tmp_path / "a.json").write_text(json.dumps(ROLE))
    assert kconv("convert", "-f", ".", "--embedded").code == 0


def test_a_cut_archive_and_a_member_that_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "b.tar.gz"
    pack(path, MEMBERS)
    with pytest.raises(DecodeError, match="cannot be read"):
        velero.read_archive(path.read_bytes()[:-200])
    pack(path, {"resources/a/cluster/b.json": "{"})
    with pytest.raises(DecodeError, match=r"resources/a/cluster/b\.json"):
        list(velero.read_archive(path.read_bytes()).values())


def test_an_archive_that_unpacks_to_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(velero, "UNPACKED_LIMIT", 100)
    pack(tmp_path / "b.tar.gz", MEMBERS)
    with pytest.raises(TooLarge):
        velero.read_archive((tmp_path / "b.tar.gz").read_bytes())


def packed(*headers: tarfile.TarInfo) -> bytes:
    """An archive of Velero's with members that nobody packs by chance."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        first = tarfile.TarInfo("metadata/version")
        first.size = 1
        tar.addfile(first, io.BytesIO(b"1"))
        for each in headers:
            tar.addfile(each)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "value"),
    [("GNU.sparse.map", "a,b"), ("GNU.sparse.size", "x"), ("GNU.sparse.realsize", "x")],
)
def test_headers_that_say_no_numbers(kconv: Kconv, tmp_path: Path, name: str, value: str) -> None:
    member = tarfile.TarInfo("resources/a.json")
    member.pax_headers = {name: value}
    (tmp_path / "b.tar.gz").write_bytes(packed(member))
    ended = kconv("convert", "-f", ".", "--check")
    assert "Traceback" not in ended.err
    with pytest.raises(DecodeError):
        velero.read_archive((tmp_path / "b.tar.gz").read_bytes())


def test_headers_count_as_what_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(velero, "UNPACKED_LIMIT", 1_000_000)
    with pytest.raises(TooLarge):
        velero.read_archive(packed(tarfile.TarInfo("resources/" + "a" * 2_000_000)))


def test_a_named_pipe_is_no_archive(kconv: Kconv, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "b.tar.gz")
    pack(tmp_path / "a.tar.gz", MEMBERS)
    assert kconv("convert", "-f", ".", "--check").code == 1


def test_each_file_has_a_copy_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "p" / "q"
    for folder, text in ((inner / "m", "one"), (tmp_path / "p" / "m", "two")):
        folder.mkdir(parents=True)
        (folder / "x.yaml").write_text(text)
    monkeypatch.chdir(inner)
    copies = back_up([Path("m/x.yaml"), Path("../m/x.yaml")], tmp_path / "kept")
    assert [copy.read_text() for copy in copies] == ["one", "two"]
    assert back_up([Path("m/x.yaml")], tmp_path / "kept") == [], "what is there stays"
    assert sorted(each.name for each in (tmp_path / "kept").rglob("*") if each.is_file()) == [
        "x.yaml",
        "x.yaml",
    ]
