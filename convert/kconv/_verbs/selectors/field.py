"""Field selectors: ``metadata.name=web,status.phase!=Active``.

The grammar is that of ``k8s.io/apimachinery/pkg/fields``: ``=``, ``==`` and ``!=`` only, with a
backslash before a comma, an equals sign or a backslash within a value.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kconv._verbs.refusal import bad_request


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """A field that must, or must not, have a value."""

    field: str
    value: str
    equal: bool


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """Terms that an object's selectable fields must all meet."""

    terms: tuple[FieldTerm, ...] = ()

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Whether the values of an object's selectable fields meet every term."""
        return all((fields.get(term.field, "") == term.value) == term.equal for term in self.terms)

    def exact(self, field: str) -> str | None:
        """The value that a field must have, if the selector asks for one."""
        for term in self.terms:
            if term.field == field and term.equal:
                return term.value
        return None


def parse_field_selector(
    text: str, supported: Collection[str], *, lists: bool = False
) -> FieldSelector:
    """Read a selector over the fields ``supported`` by the kind; ``lists`` has errors name them.

    Raises `kconv._verbs.refusal.Refusal` (400) for bad syntax or a field that is not supported.
    """
    terms: list[FieldTerm] = []
    for part in _split(text):
        if not part:
            continue
        field, operator, raw = _term(part)
        if not operator:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        if field not in supported:
            if lists:
                known = ", ".join(f'"{each}"' for each in supported)
                raise bad_request(f'"{field}" is not a known field selector: only {known}')
            raise bad_request(f"field label not supported: {field}")
        terms.append(FieldTerm(field, _unescape(raw), operator != "!="))
    return FieldSelector(tuple(terms))


def _split(text: str) -> list[str]:
    parts, start, escaped = [], 0, False
    for at, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == ",":
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def _term(part: str) -> tuple[str, str, str]:
    for at in range(len(part)):
        for operator in ("!=", "==", "="):
            if part.startswith(operator, at):
                return part[:at], operator, part[at + len(operator) :]
    return part, "", ""


def _unescape(raw: str) -> str:
    text, escaped = "", False
    for char in raw:
        if escaped:
            if char not in "\\,=":
                raise bad_request(f"invalid field selector: invalid escape sequence: \\{char}")
            text, escaped = text + char, False
        elif char == "\\":
            escaped = True
        elif char in ",=":
            raise bad_request(f"invalid field selector: unescaped rune in value: {char}")
        else:
            text += char
    if escaped:
        raise bad_request("invalid field selector: invalid escape sequence: \\")
    return text
