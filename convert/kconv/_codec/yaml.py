"""YAML as kubectl reads it, and written so that every reader takes it for the same.

Scalars, tags, anchors and merges are those of kubectl's library (see `kconv._codec.yaml_scalars`).
Aliases are followed, but a document cannot use them to grow beyond its limits. More lenient than
kubectl, documents may begin on the line of their ``---``, and one that begins with ``{`` may be
YAML; stricter, a tag that asks for an object of some language, such as ``!!python/object``, is
refused.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml
from yaml.nodes import Node

from kconv._codec.json import valid_text
from kconv._codec.limits import LIMIT, check_size, too_deep
from kconv._codec.yaml_scalars import is_ambiguous, needs_escapes
from kconv._codec.yaml_values import documents
from kconv._errors import DecodeError
from kconv._paths import Path

try:
    from yaml import CSafeDumper as _BaseDumper
    from yaml import CSafeLoader as _Parser
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeDumper as _BaseDumper  # type: ignore[assignment]  # as the C one
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]  # as the C one


PARSER: Final = _Parser
"""PyYAML's fastest parser here, for code that looks at the events of a text."""


class _Dumper(_BaseDumper):
    """Quotes every text that some reader of YAML would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


# What else than texts is written; which of those are quoted `_represent_str` decides.
_Dumper.yaml_implicit_resolvers = {}
for _kind, _pattern, _first in (
    ("bool", r"(?:true|false)\Z", "tf"),
    ("int", r"-?[0-9]+\Z", "-0123456789"),
    ("float", r"-?[0-9]+\.[0-9]*(?:e[-+][0-9]+)?\Z", "-0123456789"),
    ("null", r"null\Z", "n"),
):
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), list(_first))


def _represent_str(dumper: Any, text: str) -> Node:
    if needs_escapes(text):
        style: str | None = '"'
    elif "\n" in text:
        style = "|" if _literal(text) else '"'
    else:
        style = "'" if is_ambiguous(text) else None
    node: Node = dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
    return node


def _literal(text: str) -> bool:
    return not any(line.endswith((" ", "\t")) for line in text.split("\n")) and "\t" not in text


_Dumper.add_representer(str, _represent_str)


def _as_kubectl_takes_it(data: bytes) -> bytes:
    """With a line break at the end, which matters to a last value that is a block, and as UTF-8."""
    data = data if data.endswith((b"\n", b"\r")) else data + b"\n"
    try:
        data.decode()
    except UnicodeDecodeError:
        return valid_text(data).encode()
    return data


_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def decode_all(data: bytes) -> list[Any]:
    """The value of every document in a YAML (or JSON) text; empty documents are left out.

    Raises `DecodeError` for what is not YAML, or not JSON-shaped (a key that is a list, a
    tag such as ``!!python/object``, NaN), and `TooLarge` for a text over the limits of size,
    depth or expansion.
    """
    return [value for value, _ in decode_all_with_duplicates(data)]


def decode_all_with_duplicates(data: bytes, limit: int = LIMIT) -> list[tuple[Any, list[Path]]]:
    """As `decode_all`, each document with the paths of the keys that it repeats."""
    check_size(data, limit)
    if not data.startswith(_UTF_16):
        data = _as_kubectl_takes_it(data)
    try:
        return list(documents(_Parser(data), len(data)))
    except yaml.MarkedYAMLError as error:
        if "nesting depth" in str(error.problem):
            # libyaml has had a bound of its own since 0.2.6, and may meet it first.
            raise too_deep() from None
        mark = error.problem_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        raise DecodeError(f"yaml parse error:{where} {error.problem}") from None
    except yaml.YAMLError as error:
        raise DecodeError(f"yaml parse error: {' '.join(str(error).split())}") from None
    except UnicodeDecodeError:
        raise DecodeError("yaml parse error: the text is not valid UTF-8") from None
    except RecursionError:
        raise too_deep() from None


def encode(value: Any) -> bytes:
    """One document as block-style YAML, keys in the order they are in."""
    return encode_all([value])


def encode_all(values: list[Any]) -> bytes:
    """Several documents as block-style YAML, ``---`` between them."""
    text = yaml.dump_all(
        values,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=True,
        width=1_000_000,
        encoding="utf-8",
    )
    return bytes(text)
