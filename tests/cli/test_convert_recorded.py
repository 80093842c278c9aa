"""What ``kconv convert`` makes of manifests that Kubernetes' own command converted."""

import json
from pathlib import Path

from cli.samples import Kconv
from fixtures.comparing import unmanaged
from fixtures.long import LONG

EVERY = 1 if LONG else 3


def test_every_recorded_case(kconv: Kconv, reference: Path) -> None:
    wrong = []
    for path in sorted((reference / "convert").glob("*.json"))[::EVERY]:
        case = json.loads(path.read_text())
        options = ("--output-version", case["outputVersion"], "-o", "json")
        ended = kconv("convert", "-f", "-", *options, stdin=json.dumps(case["input"]))
        if ended.code:
            wrong.append(f"{path.name}: {ended.err}")
        elif unmanaged(json.loads(ended.out)) != unmanaged({"metadata": {}, **case["output"]}):
            wrong.append(path.name)
    assert wrong == []
