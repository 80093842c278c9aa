"""A user's project in an empty folder: an API package with one kind in two versions."""

import itertools
import sys
from pathlib import Path

import pytest

EDGE = """\
        Edge(
            OrderV1Beta1,
            Preserve("spec.express"),
            WhenAbsent("spec.express", False),
            Preserve("spec.size"),
        ),
""".strip()
"""The edge of the older version."""

MODULE = '''\
"""What a shop sells."""

from kconv import Column, Edge, Hub, Preserve, Resource, Scheme, Type, WhenAbsent
from kconv.fields import Boolean, Int32, List, Object, String


class OrderSpec(Type):
    customer = String(required=True)
    express = Boolean(load_default=False)
    items = List(String(), list_type="set")
    size = String(enum=("Large", "Small"))


class Order(Resource):
    class Meta:
        group = "shop.example.com"
        version = "v1"
        short_names = ("od",)
        printer_columns = (Column("Customer", "spec.customer"),)

    spec = Object(OrderSpec, required=True, load_default=dict)


class OldSpec(Type):
    customer = String(required=True)
    items = List(String(), list_type="set")


class OrderV1Beta1(Resource):
    class Meta:
        group = "shop.example.com"
        version = "v1beta1"
        kind = "Order"

    spec = Object(OldSpec, required=True, load_default=dict)


class OrderHub(Hub):
    class Meta:
        group = "shop.example.com"
        kind = "Order"

    spec = Object(OrderSpec)


def register(scheme: Scheme) -> None:
    scheme.add(
        OrderHub,
        Edge(Order),
        Edge(
            OrderV1Beta1,
            Preserve("spec.express"),
            WhenAbsent("spec.express", False),
            Preserve("spec.size"),
        ),
        storage="shop.example.com/v1",
    )
'''

_numbers = itertools.count()


class Project:
    """The folder, and the package in it, which has another name after every edit."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.text = MODULE
        monkeypatch.syspath_prepend(str(folder))
        self.write()

    def write(self) -> None:
        """Write the package anew, so that it is imported anew."""
        self.name = f"shop_{next(_numbers)}"
        package = self.folder / self.name
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "api.py").write_text(self.text)

    def edit(self, old: str, new: str) -> None:
        """Change the module; there must be something to change."""
        assert old in self.text
        self.text = self.text.replace(old, new, 1)
        self.write()

    @property
    def apis(self) -> tuple[str, str]:
        """The options that load the package too."""
        return "--apis", f"{self.name}.api:register"

    @property
    def options(self) -> tuple[str, ...]:
        """The options that look at its group only."""
        return (*self.apis, "--group", "shop.example.com")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return Project(tmp_path, monkeypatch)
