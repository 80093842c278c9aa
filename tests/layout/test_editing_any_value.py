"""Any value to any other one, in any layout: what is read is right, and comments are there."""

import io
import json
import re
from typing import Any

import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fixtures.long import examples
from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._layout import edit_json, edit_yaml
from layout.texts import OBJECTS, Layout, others


@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_yaml(data: st.DataObject) -> None:
    old, new = _objects(data)
    layout = Layout(lambda choices: data.draw(st.sampled_from(choices)))
    text = layout.text(old)
    assert yaml_codec.decode_all(text.encode()) == [old]
    edited = edit_yaml(text, {0: new})
    if edited.refused:
        event("refused")
        assert edited.text == text
        return
    _check(text, edited.text, new)
    if old == new:
        assert edited.text == text
    assert edit_yaml(edited.text, {0: new}).text == edited.text


def _check(text: str, edited: str, new: Any) -> None:
    assert yaml_codec.decode_all(edited.encode()) == [new]
    assert list(yaml.load_all(edited, Loader=yaml.CSafeLoader)) == [new]
    assert list(YAML(typ="safe", pure=True).load_all(io.StringIO(edited))) == [new]
    # What comes twice has its comments twice.
    assert set(re.findall(r"# c\d+", edited)) == set(re.findall(r"# c\d+", text))


@settings(max_examples=examples(100), deadline=None)
@given(st.data(), st.sampled_from([None, 2, 4, "\t"]))
def test_json(data: st.DataObject, indent: Any) -> None:
    old, new = _objects(data)
    text = json.dumps(old, indent=indent, ensure_ascii=False)
    edited = edit_json(text, {0: new})
    assert edited.refused == {}
    assert json_codec.decode(edited.text.encode()) == new
    if old == new:
        assert edited.text == text


def _objects(data: st.DataObject) -> tuple[dict[str, Any], dict[str, Any]]:
    old = data.draw(OBJECTS)
    new = data.draw(others(old)) if data.draw(st.integers(0, 9)) else old
    event("the same" if old == new else "another")
    return old, new or {"name": "web"}
