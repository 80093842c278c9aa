"""``kconv migrate`` over the clusters of several contexts, and its reports for other programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from cli.samples import Kconv, in_process
from cluster.api_server import ApiServer
from cluster.conftest import CRD, definition, fill, gadget, versions
from kconv._cli import migrate_objects
from kconv._cli.interrupted import Interrupted
from kconv._cli.junit_report import JUnitReport
from kconv._cli.migrate_contexts import migrate_contexts
from kconv._cluster.connection import Connection


@pytest.fixture
def second(server: ApiServer, kubeconfig: Path) -> Iterator[ApiServer]:
    """Another cluster, in the same kubeconfig as the context "second"; "gone" is none any more."""
    made = ApiServer(server.convert)
    made.crds[CRD] = definition()
    config = json.loads(kubeconfig.read_text())
    for name, url in (("second", made.url), ("gone", "http://127.0.0.1:1")):
        config["clusters"].append({"name": name, "cluster": {"server": url}})
        config["contexts"].append({"name": name, "context": {"cluster": name, "user": "u"}})
    kubeconfig.write_text(json.dumps(config))
    yield made
    made.close()


@pytest.fixture
def kconv(capfd: pytest.CaptureFixture[str], notes: str, monkeypatch: pytest.MonkeyPatch) -> Kconv:
    defaults = Connection.__init__.__kwdefaults__ or {}
    monkeypatch.setitem(defaults, "patience", 0.1)
    return in_process(capfd, "migrate", CRD, "--place", "cluster", "--db", notes)


def cases(file: Path) -> dict[tuple[str, str], str]:
    """Suite and case of a report, and why it failed."""
    root = ElementTree.parse(file).getroot()
    assert root.tag == "testsuites"
    found = {}
    for suite in root:
        failures = suite.findall("testcase/failure")
        assert (int(suite.attrib["tests"]), int(suite.attrib["failures"])) == (
            len(suite), len(failures),
        )  # fmt: skip
        for case in suite:
            failure = case.find("failure")
            why = "" if failure is None else failure.attrib["message"]
            found[suite.attrib["name"], case.attrib["name"]] = why
    return found


def test_one_after_the_other_whatever_becomes_of_the_first(
    server: ApiServer, second: ApiServer, kconv: Kconv, tmp_path: Path
) -> None:
    fill(server, 2)
    fill(second, 3)
    server.create(CRD, "v1beta1", gadget("sick-1", width=1))
    report = tmp_path / "report.xml"
    contexts = ("--context", "test", "--context", "gone", "--context", "second")
    done = kconv(*contexts, "-o", "json", "--junit", str(report))
    assert done.code == 3, "the worst of all: there is no server"
    first, gone, other = json.loads(done.out)["contexts"]
    assert [each["context"] for each in (first, gone, other)] == ["test", "gone", "second"]
    assert [each["resources"][0]["objects"] for each in (first, other)] == [2, 3]
    assert "127.0.0.1:1" in gone["error"]
    named = re.findall("`kconv migrate [^`]*--place (\\S+?)[ `]", done.err)
    assert set(named) == {"cluster:test"}, "where the row is that was left"
    assert (versions(server), versions(second)) == (["v1beta1", "v1"], ["v1"])
    stored, left = f"is stored in {CRD.partition('.')[2]}/v1", "nothing is left in"
    old = f"{left} {CRD.partition('.')[2]}/v1beta1"
    found = cases(report)
    assert found.pop(("run (gone)", "ends by itself"))
    sick = found.pop((f"{CRD} (test)", "conv/sick-1"))
    assert "cannot be" in sick
    assert found == {
        (f"{CRD} (test)", stored): "not every row is: see the other cases",
        (f"{CRD} (test)", old): "1 row left",
        (f"{CRD} (second)", stored): "",
        (f"{CRD} (second)", old): "",
    }
    again = kconv("--context", "second", "--junit", str(tmp_path / "no" / "report.xml"))
    assert (again.code, "report.xml: No such file" in again.err) == (2, True)


def test_as_text(server: ApiServer, second: ApiServer, kconv: Kconv, tmp_path: Path) -> None:
    fill(server, 1)
    done = kconv("--context", "second", "--context", "test", "--context", "second")
    assert done.code == 0, done.err
    assert [line for line in done.out.splitlines() if line.startswith("context")] == [
        "context second:", "context test:",
    ]  # fmt: skip
    assert versions(server) == versions(second) == ["v1"]
    refused = kconv("--context", "other", "--junit", str(tmp_path / "one.xml"))
    assert refused.code == 2
    assert "other" in cases(tmp_path / "one.xml")["run (other)", "ends by itself"]


def test_only_clusters_have_an_engine_of_their_own(
    server: ApiServer, capfd: pytest.CaptureFixture[str], notes: str
) -> None:
    refused = in_process(capfd)("migrate", "--db", notes, "--engine", "svm")
    assert (refused.code, "--engine svm goes with --place cluster" in refused.err) == (2, True)


def test_xml_has_no_place_for_every_character_that_a_server_may_say(tmp_path: Path) -> None:
    report = JUnitReport()
    report.failed("a<b\x0c", "x & \x00\ud800\n<y>")
    report.write(tmp_path / "report.xml")
    assert cases(tmp_path / "report.xml") == {
        ("run (a<b\ufffd)", "ends by itself"): "x & \ufffd\ufffd"
    }


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Interrupted("what is rewritten stays"), "what is rewritten stays"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (RuntimeError("a token: abc"), "RuntimeError"),
    ],
)
def test_a_run_that_is_cut_off_is_no_report_without_failures(
    error: BaseException, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(**_: Any) -> int:
        raise error

    monkeypatch.setattr(migrate_objects, "migrate_and_report", cut_off)
    file = tmp_path / "x.xml"
    for contexts in (["a"], ["a", "b"]):
        with pytest.raises(type(error)):
            migrate_contexts(contexts, "cluster", junit=file, output="text")
        assert cases(file) == {("run (a)", "ends by itself"): said}
