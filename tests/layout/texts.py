"""YAML as people write it: values in random layouts, with comments everywhere."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]

KEYS = st.sampled_from(["name", "spec", "image", "port", "host", "labels", "a.b/c", "on", "1"])
SCALARS = st.sampled_from(
    ["web", "nginx:1.7", "yes", "8080", "a # b", "it's", '"q"', "- x", "{a}", "", " s ",
     "two\nlines",
     "last\nline\n", "#no", "x: y",
     "ünï", "\U0001f600", 0, 1, 80, -3, True, False, None, 0.5]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


class Layout:
    """Writes a value in a layout that is chosen line by line; ``choose`` takes one of several."""

    def __init__(self, choose: Callable[[Sequence[Any]], Any]) -> None:
        self.choose = choose
        self.step = choose([2, 2, 4])
        self.dash = choose([0, 2])
        self.comments = 0

    def text(self, value: dict[str, Any]) -> str:
        """A document."""
        return "\n".join([*self.above(0), *self.mapping(value), *self.above(0)]) + "\n"

    def above(self, indent: int) -> list[str]:
        """What stands on lines of its own."""
        kind = self.choose(["", "", "", "comment", "blank"])
        if kind == "comment":
            return [" " * indent + self.comment()]
        return [""] if kind == "blank" else []

    def comment(self) -> str:
        """A comment that is not there twice."""
        self.comments += 1
        return f"# c{self.comments}: 'x' {{"

    def behind(self) -> str:
        """What stands behind a value."""
        return f"  {self.comment()}" if self.choose(range(4)) == 0 else ""

    def mapping(self, value: dict[str, Any]) -> list[str]:
        """The lines of a mapping, from column 0."""
        lines: list[str] = []
        for name, inner in value.items():
            lines += self.above(0) if lines else []
            lines += self.under(f"{self.key(name)}:", inner)
        return lines

    def under(self, head: str, inner: Any) -> list[str]:
        """The lines of a value behind a key."""
        if isinstance(inner, dict | list) and inner and self.choose(range(4)):
            by = self.dash if isinstance(inner, list) else self.step
            by = 2 if head == "-" else by
            return [head + self.behind(), *self.above(by), *indented(self.block(inner), by)]
        if isinstance(inner, str) and "\n" in inner and not inner.endswith("\n\n"):
            mark = "|" if inner.endswith("\n") else "|-"
            body = inner.removesuffix("\n").split("\n")
            return [f"{head} {mark}{self.behind()}", *indented(body, 2)]
        return [f"{head} {self.inline(inner)}{self.behind()}"]

    def block(self, value: Any) -> list[str]:
        """The lines of a collection that is not empty."""
        if isinstance(value, dict):
            return self.mapping(value)
        lines: list[str] = []
        for item in value:
            lines += self.above(0) if lines else []
            if isinstance(item, dict) and item and self.choose(range(4)):
                first, *rest = self.mapping(item)
                lines += [f"- {first}", *indented(rest, 2)]
            else:
                lines += self.under("-", item)
        return lines

    def inline(self, value: Any) -> str:
        """A value on one line."""
        if isinstance(value, dict):
            return (
                "{" + ", ".join(f"{self.key(k)}: {self.inline(v)}" for k, v in value.items()) + "}"
            )
        if isinstance(value, list):
            return "[" + ", ".join(map(self.inline, value)) + "]"
        if isinstance(value, str):
            if re.fullmatch("[b-mp-s][a-z]{2,}", value):
                return str(self.choose([value, f'"{value}"', f"'{value}'"]))
            return json.dumps(value, ensure_ascii=value.isascii())
        return json.dumps(value)

    def key(self, name: str) -> str:
        """A key."""
        return f'"{name}"' if name in ("on", "1") else name


def indented(lines: list[str], by: int) -> list[str]:
    """Lines further to the right."""
    return [" " * by + line if line else line for line in lines]


@st.composite
def others(draw: Draw, value: Any) -> Any:
    """What a value may become: parts of it gone, renamed, wrapped, new, or with another value."""
    if isinstance(value, list):
        made = [draw(others(item)) for item in value if draw(st.integers(0, 5))]
        if draw(st.integers(0, 5)) == 0:
            made.insert(draw(st.integers(0, len(made))), draw(VALUES))
        return made
    if not isinstance(value, dict):
        return value if draw(st.integers(0, 4)) else draw(VALUES)
    found: dict[str, Any] = {}
    for name, inner in value.items():
        what = draw(st.sampled_from(["same", "same", "other", "rename", "wrap", "gone"]))
        if what == "gone":
            continue
        new = draw(KEYS) if what in ("rename", "wrap") else name
        if new in found:
            continue
        found[new] = {name: inner} if what == "wrap" else inner
        if what == "other":
            found[new] = draw(others(inner))
    if draw(st.integers(0, 3)) == 0:
        found.setdefault(draw(KEYS), draw(VALUES))
    return found
