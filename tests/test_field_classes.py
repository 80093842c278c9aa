"""Nothing outside of `kconv.fields` asks which class a field is of: all follows from its `Spec`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import marshmallow
import pytest

from kconv import fields

ROOT = Path(__file__).resolve().parent.parent
OURS = {name for name in fields.__all__ if isinstance(getattr(fields, name), type)} - {"Spec"}
THEIRS = {name for name in marshmallow.fields.__all__ if name[0].isupper()}

ALLOWED: dict[str, str] = {}
"""Modules that may ask, each with the reason."""


def modules() -> list[Path]:
    """All modules that are shipped, but for the fields themselves."""
    roots = ("convert/kconv", "migrations/kconv_migrations", "schemas/kconv_schemas")
    found = [path for root in roots for path in (ROOT / root).rglob("*.py")]
    return sorted(path for path in found if "convert/kconv/fields/" not in str(path))


def field_classes(tree: ast.AST) -> set[str]:
    """What the classes of fields are called in a module, as `ast.unparse` writes it."""
    names = OURS | THEIRS
    found = {f"{room}.{name}" for room in ("marshmallow.fields", "fields") for name in names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            room = node.module.startswith(("kconv.fields", "marshmallow.fields"))
            for alias in node.names:
                name = alias.asname or alias.name
                if room and alias.name in names:
                    found.add(name)
                elif alias.name == "fields" and node.module in ("kconv", "marshmallow"):
                    found |= {f"{name}.{each}" for each in names}
    return found


def questions(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of each question for the class of a field."""
    classes = field_classes(tree)

    def names_one(*nodes: ast.AST | None) -> bool:
        inner = (each for node in nodes if node is not None for each in ast.walk(node))
        return any(
            ast.unparse(each) in classes
            for each in inner
            if isinstance(each, ast.Name | ast.Attribute)
        )

    for node in ast.walk(tree):
        asked = False
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            asked = node.func.id in ("isinstance", "issubclass") and names_one(*node.args[1:])
        elif isinstance(node, ast.Compare):
            asked = names_one(node.left, *node.comparators)
        elif isinstance(node, ast.MatchClass):
            asked = names_one(node.cls)
        elif isinstance(node, ast.Dict):
            asked = names_one(*node.keys)
        elif isinstance(node, ast.FunctionDef):
            # As functools.singledispatch does, by the class in the annotation or the argument.
            asked = any(
                "register" in ast.unparse(each) and names_one(each, node.args)
                for each in node.decorator_list
            )
        if asked:
            yield getattr(node, "lineno", 0), ast.unparse(node).partition("\n")[0]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_asks_for_the_class_of_a_field(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    found = list(questions(ast.parse(path.read_text(encoding="utf-8"))))
    if name in ALLOWED:
        assert found, f"{name} asks no more; take it off the list"
    else:
        assert found == [], f"ask spec_of(field) instead: {found}"


@pytest.mark.parametrize(
    "text",
    [
        "from kconv.fields import List\nisinstance(field, List)",
        "from kconv.fields import List, Map\nisinstance(field, List | Map)",
        "from kconv.fields._nested import Object as Nested\nisinstance(field, (str, Nested))",
        "from kconv import fields\nissubclass(type(field), fields.Quantity)",
        "from kconv import fields as f\ntype(field) is f.Time",
        "from kconv.fields import Time\ntype(field) in (Time, int)",
        "from kconv.fields import Time\nmatch field:\n    case Time():\n        pass",
        "from kconv.fields import Time\nKNOWN = {Time: str}\nKNOWN[type(field)]",
        "import marshmallow\nisinstance(field, marshmallow.fields.Nested)",
        "from marshmallow.fields import Nested\nisinstance(field, Nested)",
        "from kconv.fields import Time\n@written.register\ndef _(field: Time): ...",
    ],
)
def test_each_way_to_ask_is_found(text: str) -> None:
    assert list(questions(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "from kconv.fields import List\nlabels = List(String())",
        "isinstance(value, dict | list)",
        "class List: ...\nisinstance(value, List)",
        "from kconv.fields import Field\ndef f(field: Field) -> None: ...",
    ],
)
def test_what_is_no_such_question(text: str) -> None:
    assert list(questions(ast.parse(text))) == []
