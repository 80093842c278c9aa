"""A name, parameter or option that was released goes only after it was deprecated."""

import json
import re
from pathlib import Path

import pytest

import kconv
from released.surface import breaks, release, surface

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
DEPRECATED: dict[str, dict[str, str]] = json.loads((FOLDER / "deprecated.json").read_text())
RELEASED = {
    "kconv.Client": "",
    "kconv.Client(url)": "required",
    "kconv.Client(timeout)": "optional by name",
    "kconv.Client.get": "",
    "kconv.Client.get(name)": "required",
    "kconv.Conflict": "",
    "kconv.Conflict.reason": "Conflict",
    "kconv convert": "",
    "kconv convert --full": "",
}
OLD = {"since": "0.2.0", "until": "0.4.0", "instead": "kconv.Other"}


@pytest.mark.parametrize(
    ("changed", "deprecated", "version", "lines"),
    [
        ({}, {}, "0.2.0", []),
        ({"kconv.New": "", "kconv.New(a)": "required"}, {}, "0.2.0", []),
        ({"kconv.Client.get(kind)": "optional"}, {}, "0.2.0", []),
        ({"kconv.Client(url)": "optional"}, {}, "0.2.0", []),
        ({"kconv.Client(timeout)": "optional"}, {}, "0.2.0", []),
        (
            {"kconv.Conflict": None, "kconv.Conflict.reason": None},
            {"kconv.Conflict": OLD},
            "0.4",
            [],
        ),
        ({"kconv convert --full": None}, {"kconv convert --full": OLD}, "0.4.1", []),
        ({"kconv convert --full": None}, {}, "0.4.1", ["kconv convert --full is gone"]),
        (
            {"kconv.Client.get": None},
            {"kconv.Client.get": OLD},
            "0.3.9",
            ["kconv.Client.get is gone"],
        ),
        ({"kconv.Client(url)": None}, {}, "1.0", ["kconv.Client(url) is gone"]),
        ({"kconv.Client(timeout)": "required by name"}, {}, "1.0", ["kconv.Client(timeout) was"]),
        ({"kconv.Client(url)": "required by name"}, {}, "1.0", ["kconv.Client(url) was"]),
        ({"kconv.Client.get(kind)": "required"}, {}, "1.0", ["kconv.Client.get(kind) is new"]),
        ({"kconv.Conflict.reason": "Lost"}, {}, "1.0", ["kconv.Conflict.reason was 'Conflict'"]),
        ({"kconv.Conf": ""}, {"kconv.Conf": OLD}, "0.4.0", []),
    ],
)
def test_what_breaks(
    changed: dict[str, str | None],
    deprecated: dict[str, dict[str, str]],
    version: str,
    lines: list[str],
) -> None:
    now = {name: promise for name, promise in (RELEASED | changed).items() if promise is not None}
    found = breaks(RELEASED, now, deprecated, release(version))
    assert len(found) == len(lines)
    assert all(line.startswith(start) for line, start in zip(found, lines, strict=True))


def test_a_deprecated_name_takes_no_other_with_it() -> None:
    found = breaks({"kconv.Conflicts": ""}, {}, {"kconv.Conflict": OLD}, (0, 4, 0))
    assert found == ["kconv.Conflicts is gone, and was not deprecated for long enough"]


def test_every_release_is_on_record_and_kept() -> None:
    noted = re.findall(r"(?m)^## (\d+\.\d+\.\d+) \(", (ROOT / "CHANGELOG.md").read_text())
    records = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("[0-9]*.json")}
    assert set(records) == set(noted)
    now = surface()
    for promised in records.values():
        assert breaks(promised, now, DEPRECATED, release(kconv.__version__)) == []


def test_the_surface_has_each_sort_of_promise() -> None:
    now = surface()
    assert now["kconv.Conflict.reason"] == "Conflict"
    assert now["kconv.convert(source)"].startswith(("required", "optional"))
    assert {"kconv.Client.get", "kconv convert --in-place", "kconv migrate plan"} <= set(now)


def test_deprecations_last_two_minor_releases() -> None:
    for name, when in DEPRECATED.items():
        assert set(when) == {"since", "until", "instead"}, name
        since, until = release(when["since"]), release(when["until"])
        assert until[0] > since[0] or until[1] - since[1] >= 2, name
