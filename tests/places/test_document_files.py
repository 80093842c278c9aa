"""Files of documents of which some are replaced, and nothing else."""

from pathlib import Path

import pytest
import yaml

from kconv._errors import DecodeError
from kconv.places._document_files import WHOLE, DocumentFile, Spot

YAML = """\
# the head of the file
---
# about the first
a: 1   # of the first
---
b:
  - x
  - z
---
--- {c: 3}
...
# about the last
---
kind: List
items:
- {name: one}
- name: two
"""


def file(folder: Path, text: str | bytes, name: str = "a.yaml") -> DocumentFile:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return DocumentFile(path, name)


def test_objects_are_found_by_document_and_item(tmp_path: Path) -> None:
    assert list(file(tmp_path, YAML).objects()) == [
        (Spot(0, WHOLE), {"a": 1}),
        (Spot(1, WHOLE), {"b": ["x", "z"]}),
        (Spot(2, WHOLE), {"c": 3}),
        (Spot(3, 0), {"name": "one"}),
        (Spot(3, 1), {"name": "two"}),
    ]


@pytest.mark.parametrize("spot", [Spot(0, WHOLE), Spot(1, WHOLE), Spot(2, WHOLE), Spot(3, 1)])
def test_only_one_object_changes(tmp_path: Path, spot: Spot) -> None:
    read = file(tmp_path, YAML)
    new = {"name": "new", "text": "1", "deep": {"list": [1, None, {"a": "b\nc\n"}]}}
    assert read.write({spot: new})
    again = DocumentFile(read.path, read.name)
    assert dict(again.objects()) == dict(read.objects()) | {spot: new}
    before, after = YAML.splitlines(), read.path.read_text().splitlines()
    kept = [line for line in before if line.startswith("# ")]
    assert [line for line in after if line.startswith("# ")] == kept
    list(yaml.safe_load_all(read.path.read_text()))


def test_several_objects_of_a_file_change_together(tmp_path: Path) -> None:
    read = file(tmp_path, YAML)
    new = {Spot(0, WHOLE): {"a": 2}, Spot(3, 0): {"name": "1"}, Spot(3, 1): {"name": "2"}}
    assert read.write(new)  # type: ignore[arg-type]  # values of dicts are of any type
    again = dict(DocumentFile(read.path, read.name).objects())
    assert again == dict(read.objects()) | new


@pytest.mark.parametrize(
    "text",
    [
        "a: 1",
        "a: 1\n---\nb: 2",
        "---\na: 1\n---\n",
        "%YAML 1.2\n---\na: 1\n...\n",
        "\ufeffa: 1\n",
        "a: 1\r\nb: 2\r\n---\r\nc: 3\r\n",
        "a: &x {b: 1}\nc: *x\n---\nd: 1\n",
        "a: ä€😀\n---\nb: 😀\n",
        "a: |\n  text\n  more\n---\nb: 2\n",
        '{"a": 1}\n---\n{"b": 2}\n',
        "# nothing but this\n---\na: 1 # end",
    ],
)
def test_every_form_of_a_file_is_read_again_as_it_was_written(tmp_path: Path, text: str) -> None:
    objects = dict(file(tmp_path, text).objects())
    for spot in objects:
        read = file(tmp_path, text)
        assert read.write({spot: {"new": [1, 2]}})
        again = DocumentFile(read.path, read.name)
        assert dict(again.objects()) == objects | {spot: {"new": [1, 2]}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a":1}', '{"b":[1,{"c":2}]}'),
        ('{"a": 1}\n', '{"b":[1,{"c":2}]}\n'),
        (
            '{\n  "a": 1\n}\n',
            '{\n  "b": [\n    1,\n    {\n      "c": 2\n    }\n  ]\n}\n',
        ),
        (
            '{\n    "a": 1\n}',
            '{\n    "b": [\n        1,\n        {\n            "c": 2\n        }\n    ]\n}',
        ),
    ],
)
def test_json_is_indented_as_it_was(tmp_path: Path, before: str, after: str) -> None:
    read = file(tmp_path, before, "a.json")
    assert read.write({Spot(0, WHOLE): {"b": [1, {"c": 2}]}})
    assert read.path.read_text() == after


def test_a_file_that_somebody_has_changed_stays(tmp_path: Path) -> None:
    read = file(tmp_path, "a: 1\n")
    read.path.write_text("a: 1\n# a remark\n")
    assert not read.write({Spot(0, WHOLE): {"a": 2}})
    assert read.path.read_text() == "a: 1\n# a remark\n"
    read.path.unlink()
    assert not read.write({Spot(0, WHOLE): {"a": 2}})
    assert not read.path.exists()


def test_repeated_fields_are_told(tmp_path: Path) -> None:
    read = file(tmp_path, "a: 1\n---\nb: {c: 1, c: 2}\n")
    assert [read.repeated(spot) for spot, _ in read.objects()] == [(), ("b.c",)]
    read = file(tmp_path, '{"a": 1, "a": 2}', "a.json")
    assert [read.repeated(spot) for spot, _ in read.objects()] == [("a",)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a: [1\n", "bad.yaml"),
        ("a: 1\n---\n\tb: 2\n", "tab.yaml"),
        ("{", "bad.json"),
        (b"a: \xff\n", "bytes.yaml"),
        ("a: !!python/object:x {}\n", "tag.yaml"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str | bytes, name: str) -> None:
    with pytest.raises(DecodeError, match=f"^{name}: "):
        file(tmp_path, text, name)
