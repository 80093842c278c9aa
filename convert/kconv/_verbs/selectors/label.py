"""Label selectors: ``app=web,tier in (front, back),!canary``.

The grammar and the messages are those of ``k8s.io/apimachinery/pkg/labels``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kconv._verbs.refusal import bad_request
from kconv.names import label_name_problems, label_value_problems

_SPACE = " \t\r\n"
_SYMBOLS = "=!(),><"
_OPERATORS = ("in", "notin", "=", "==", "!=", "gt", "lt")
_INTEGER = re.compile(r"[+-]?[0-9]+\Z")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on a label; ``operator`` is one of in, notin, exists, !, gt and lt."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet it; notin also accepts objects that lack the label."""
        value = labels.get(self.key)
        match self.operator:
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
        if value is None or not _INTEGER.match(value):
            return False
        number, bound = int(value), int(self.values[0])
        return number > bound if self.operator == "gt" else number < bound


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """Conditions that an object's labels must all meet; none of them selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet every requirement."""
        return all(requirement.matches(labels) for requirement in self.requirements)


def parse_label_selector(text: str) -> LabelSelector:
    """Read a selector; the empty string selects everything.

    Raises `kconv._verbs.refusal.Refusal` (400) with the message that Kubernetes gives.
    """
    return LabelSelector(tuple(sorted(_Parser(text).parse(), key=lambda item: item.key)))


def _tokens(text: str) -> list[str]:
    """Words and symbols of a selector; the end is an empty token."""
    found: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char in _SPACE:
            at += 1
            continue
        start = at
        if char in _SYMBOLS:
            while at < len(text) and text[at] in _SYMBOLS:
                at += 1
                symbol = text[start:at]
                if symbol not in ("=", "!") or text[at : at + 1] != "=":
                    break
        else:
            while at < len(text) and text[at] not in _SPACE + _SYMBOLS:
                at += 1
        found.append(text[start:at])
    return [*found, ""]


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0

    def peek(self) -> str:
        return self.tokens[min(self.at, len(self.tokens) - 1)]

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def parse(self) -> list[Requirement]:
        found: list[Requirement] = []
        while token := self.peek():
            if not _is_word(token) and token != "!":
                raise bad_request(
                    f"unable to parse requirement: found '{token}', expected: !, identifier, or "
                    "'end of string'"
                )
            found.append(self.requirement())
            after = self.take()
            if not after:
                break
            if after != ",":
                raise bad_request(
                    f"unable to parse requirement: found '{after}', expected: ',' or "
                    "'end of string'"
                )
            following = self.peek()
            if not _is_word(following) and following != "!":
                raise bad_request(
                    f"unable to parse requirement: found '{following}', expected: identifier "
                    "after ','"
                )
        return found

    def requirement(self) -> Requirement:
        negated = self.peek() == "!"
        if negated:
            self.take()
        key = self.take()
        if not _is_word(key):
            raise bad_request(f"unable to parse requirement: found '{key}', expected: identifier")
        problems = label_name_problems(key)
        if problems:
            raise bad_request(
                f'unable to parse requirement: key: Invalid value: "{key}": {"; ".join(problems)}'
            )
        if negated:
            return Requirement(key, "!")
        if self.peek() in ("", ","):
            return Requirement(key, "exists")
        return self.comparison(key)

    def comparison(self, key: str) -> Requirement:
        token = self.take()
        operator = {">": "gt", "<": "lt"}.get(token, token)
        if operator not in _OPERATORS:
            expected = "in, notin, =, ==, !=, gt, lt"
            raise bad_request(f"unable to parse requirement: found '{token}', expected: {expected}")
        values = self.values() if operator in ("in", "notin") else (self.exact_value(),)
        for value in values:
            problems = label_value_problems(value)
            if problems:
                raise bad_request(
                    f'unable to parse requirement: values[0][{key}]: Invalid value: "{value}": '
                    f"{'; '.join(problems)}"
                )
        if operator in ("gt", "lt") and not _INTEGER.match(values[0]):
            raise bad_request(
                f'unable to parse requirement: values[0]: Invalid value: "{values[0]}": '
                "for 'Gt', 'Lt' operators, the value must be an integer"
            )
        return Requirement(
            key, {"=": "in", "==": "in", "!=": "notin"}.get(operator, operator), values
        )

    def exact_value(self) -> str:
        if self.peek() in ("", ","):
            return ""
        token = self.take()
        if not _is_word(token):
            raise bad_request(f"unable to parse requirement: found '{token}', expected: identifier")
        return token

    def values(self) -> tuple[str, ...]:
        token = self.take()
        if token != "(":
            raise bad_request(f"unable to parse requirement: found '{token}' expected: '('")
        found: set[str] = set()
        word = ""
        while True:
            token = self.take()
            if token in (",", ")"):
                found.add(word)
                word = ""
                if token == ")":
                    return tuple(sorted(found))
            elif _is_word(token) and not word:
                word = token
            else:
                raise bad_request(
                    f"unable to parse requirement: found '{token}', expected: ',', ')' or "
                    "identifier"
                )


def _is_word(token: str) -> bool:
    return bool(token) and token[0] not in _SYMBOLS
