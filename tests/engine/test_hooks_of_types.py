"""Functions that marshmallow calls besides, on types and on those that derive from them."""

from typing import Any

import marshmallow
import pytest

from kconv import Type
from kconv.fields import String


class Hooked(Type):
    a = String()

    @marshmallow.post_load
    def said(self, value: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**value, "said": "hooked"}


class Derived(Hooked):
    b = String()


class Overriding(Hooked):
    @marshmallow.post_load
    def said(self, value: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**value, "said": "overriding"}


class Plain(Hooked):
    def said(self, value: dict[str, Any], **_: Any) -> dict[str, Any]:
        raise AssertionError("it is no hook any more")


class More(Derived):
    @marshmallow.pre_load
    def lower(self, value: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name.lower(): each for name, each in value.items()}


class Mixin:
    @marshmallow.post_load
    def mixed(self, value: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**value, "mixed": True}


class Mixed(Mixin, Derived):
    c = String()


class Without(Type):
    a = String()


@pytest.mark.parametrize(
    ("cls", "given", "loaded"),
    [
        (Hooked, {"a": "1"}, {"a": "1", "said": "hooked"}),
        (Derived, {"a": "1"}, {"a": "1", "said": "hooked"}),
        (Overriding, {"a": "1"}, {"a": "1", "said": "overriding"}),
        (Plain, {"a": "1"}, {"a": "1"}),
        (More, {"A": "1"}, {"a": "1", "said": "hooked"}),
        (Mixed, {"a": "1"}, {"a": "1", "said": "hooked", "mixed": True}),
        (Without, {"a": "1"}, {"a": "1"}),
    ],
)
def test_hooks(cls: type[Type], given: dict[str, Any], loaded: dict[str, Any]) -> None:
    assert cls.instance().load(given) == loaded
