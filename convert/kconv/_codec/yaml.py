"""YAML as Kubernetes' clients read it: YAML 1.1 scalars, string keys, several documents.

``on`` and ``yes`` are booleans; dates and ``12:30`` are strings, since the API has no such
types. Aliases are followed, but a document cannot use them to grow beyond its limits.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kconv._codec.limits import LIMIT, NODES, check_size, too_deep
from kconv._errors import DecodeError, TooLarge, shortened
from kconv._paths import DEPTH, Path

try:
    from yaml import CSafeDumper as _BaseDumper
    from yaml import CSafeLoader as _BaseLoader
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeDumper as _BaseDumper  # type: ignore[assignment]
    from yaml import SafeLoader as _BaseLoader  # type: ignore[assignment]

_WORDS = r"(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)"
_PLAIN_BOOL = re.compile(_WORDS + r"\Z")
_BOOL = re.compile(rf"(?:[yYnN]|{_WORDS})\Z")
_INT = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)\Z")
_FLOAT = re.compile(
    r"(?:[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
)
_PLAIN_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")


class _Loader(_BaseLoader):
    """Composes nodes; values are built by this module, within its limits."""


class _Dumper(_BaseDumper):
    """Quotes every string that some YAML reader would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _resolver(cls: Any, bool_pattern: re.Pattern[str]) -> None:
    cls.yaml_implicit_resolvers = {}
    for tag, pattern, first in (
        ("bool", bool_pattern, "yYnNtTfFoO"),
        ("int", _INT, "-+0123456789"),
        ("float", _FLOAT, "-+0123456789."),
        ("null", _NULL, ["~", "n", "N", ""]),
        ("merge", re.compile(r"<<\Z"), "<"),
    ):
        cls.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", pattern, list(first))


_resolver(_Loader, _PLAIN_BOOL)
_resolver(_Dumper, _BOOL)
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:timestamp", re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"), list("0123456789")
)
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:sexagesimal",
    re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+"),
    list("-+0123456789"),
)


def _represent_str(dumper: Any, text: str) -> Node:
    style = "|" if "\n" in text and _literal(text) else None
    node: Node = dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
    return node


def _literal(text: str) -> bool:
    return not any(line.endswith((" ", "\t")) for line in text.split("\n")) and "\t" not in text


_Dumper.add_representer(str, _represent_str)


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
    documents: list[tuple[Any, list[Path]]] = []
    try:
        _check_nesting(data)
        for node in yaml.compose_all(data, Loader=_Loader):
            if isinstance(node, ScalarNode) and _is_null(node):
                continue
            # Without aliases there is at most a value for every few bytes.
            builder = _Builder(NODES + len(data) // 4)
            documents.append((builder.build(node, (), 0), builder.duplicates))
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
    return documents


_OPENERS = (b"[", b"{", b"- ", b"-\t", b"? ", b"?\t")
"""What a document can nest by without indenting further; each of them needs a byte or two."""


def _check_nesting(data: bytes) -> None:
    """Raise `TooLarge` for a text that nests too deep, before libyaml's recursion meets it.

    Nesting by indentation alone cannot go deep enough within the limits of size to matter.
    """
    if sum(data.count(opener) for opener in _OPENERS) <= DEPTH:
        return
    depth = 0
    for event in yaml.parse(data, Loader=_Loader):
        if isinstance(event, CollectionStartEvent):
            depth += 1
            if depth > DEPTH + 1:
                raise too_deep()
        elif isinstance(event, CollectionEndEvent):
            depth -= 1


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


def _is_null(node: ScalarNode) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


class _Builder:
    """Turns composed nodes into a JSON-shaped value, counting what aliases expand to."""

    def __init__(self, limit: int) -> None:
        self.duplicates: list[Path] = []
        self.nodes = 0
        self.limit = limit

    def build(self, node: Node, path: Path, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > self.limit:
            raise TooLarge(
                f"the document expands to more than {self.limit} values; are aliases nested?"
            )
        if depth > DEPTH:
            raise too_deep()
        if not isinstance(node, ScalarNode) and node.tag not in _PLAIN_TAGS:
            raise _refused(node, f"the tag {node.tag} has no meaning in the API")
        if isinstance(node, MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode):
            return [self.build(item, (*path, i), depth + 1) for i, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return _scalar(node)

    def _mapping(self, node: MappingNode, path: Path, depth: int) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                self._merge(merged, value_node, path, depth)
                continue
            key = _key(key_node)
            if key in own:
                self.duplicates.append((*path, key))
            own[key] = self.build(value_node, (*path, key), depth + 1)
        return {**merged, **own}

    def _merge(self, merged: dict[str, Any], node: Node, path: Path, depth: int) -> None:
        sources = node.value if isinstance(node, SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, MappingNode):
                raise _refused(node, "<< takes a map or a list of maps")
            for key, value in self.build(source, path, depth + 1).items():
                merged.setdefault(key, value)


def _refused(node: Node, why: str) -> DecodeError:
    mark = node.start_mark
    where = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
    return DecodeError(f"yaml parse error:{where} {why}")


def _key(node: Node) -> str:
    if not isinstance(node, ScalarNode):
        raise _refused(node, "a key must be a string")
    value = _scalar(node)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _scalar(node: ScalarNode) -> Any:
    tag, text = node.tag.removeprefix("tag:yaml.org,2002:"), node.value
    try:
        if tag == "str":
            return text
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() in ("true", "yes", "on", "y")
        if tag == "int":
            return _integer(text)
        if tag == "float":
            return _float(text)
        if tag == "binary":
            return text
    except ValueError:
        raise _refused(node, f"{shortened(text, 200)!r} is not a value of {tag}") from None
    raise _refused(node, f"the tag {node.tag} has no meaning in the API")


def _integer(text: str) -> int:
    digits = text.replace("_", "").lower()
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return sign * int(digits, 8)
    return sign * int(digits, 0)


def _float(text: str) -> float:
    value = float(text.replace("_", ""))
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(text)
    return value
