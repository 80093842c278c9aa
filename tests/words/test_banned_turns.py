"""Turns that read as if translated stay out of source, messages and pages; a word has one entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("convert", "schemas", "migrations", "docs", "changelog.d", "tools", "examples")
TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md")

BANNED = {
    r"\bat a go\b": "at once, in one pass",
    r"\bholds? (?:themselves|itself)\b": "recursive",
    r"\bis not so\b": "does not hold, is false",
    r"\basked about\b": "in question, requested",
    r"\bone's own\b": "custom, your own",
    r"\b(?:come|comes|came) upon\b": "find, meet",
    r"\bupon\b": "on",
    r"\bfor want of\b": "since there is no",
    r"\bbesides are\b": "also ... are",
    r"\bno run goes on\b": "no run is in progress",
    r"\bwhat is so\b": "what is true",
    r"\ba good many\b": "many",
    r"\bin want of\b": "without",
    r"\b(?:therein|thereof|wherein|whereof|hereby)\b": "in it, of it",
    r"\blest\b": "so that not",
    r"(?<!has no order: )\bwhoever\b": "the caller, clients that, everybody who",
    r"\bin the place of\b": "in place of",
    r"\bin silence\b": "silently",
    r"\bthat which\b": "what, the one that",
    r"\brun that goes on\b": "run in progress",
    r"\bhas to be so\b": "has to be true",
    r"\bis so where\b": "holds where",
    r"\b(?:shall|thereby|thus|hence|whence|thence|herewith)\b": "is to, so, from",
}
BANNED_ON_PAGES = {r"\ball the same\b": "anyway"}
"""Also banned where users read: pages, changelog, text that a command prints."""


def found(text: str, banned: dict[str, str]) -> list[str]:
    """The banned turns of a text, also where a line breaks in the middle, with what to write."""
    flat = re.sub(r"\s*\n[ \t]*(?:#\s*)?", " ", text)
    return [
        f'"{match[0]}": {instead}'
        for turn, instead in banned.items()
        for match in re.finditer(turn, flat, re.IGNORECASE)
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It takes all of them at a go.", 1),
        ("Types that hold\n    themselves", 1),
        ("# where that is\n    # not so", 1),
        ("the version that was asked\nabout", 1),
        ("Upon start, a field of one's own", 2),
        ("Whoever asks gets one in the place\nof another, in silence.", 3),
        ("a map has no order: whoever writes it may give its keys another one", 0),
        ("It takes them at once. Types may be recursive. A clientless run is in progress.", 0),
        ("a largest one, the Lester case, thereupon", 0),
    ],
)
def test_what_is_found(text: str, count: int) -> None:
    assert len(found(text, BANNED)) == count


def texts() -> Iterator[Path]:
    for room in ROOMS:
        yield from (path for path in sorted((ROOT / room).rglob("*.py")))
        yield from (path for path in sorted((ROOT / room).rglob("*.md")))
    yield from (ROOT / name for name in TOP)


def test_source_and_pages() -> None:
    wrong = []
    for path in texts():
        name = path.relative_to(ROOT)
        text = path.read_text(encoding="utf-8")
        wrong += [f"{name}: {each}" for each in found(text, BANNED)]
        if path.suffix == ".md" and name.name != "CONTRIBUTING.md":
            wrong += [f"{name}: {each}" for each in found(text, BANNED_ON_PAGES)]
    assert wrong == []


def test_help_texts() -> None:
    page = (ROOT / "share" / "man" / "man1" / "kconv.1").read_text(encoding="utf-8")
    assert len(page) > 10_000
    assert found(page, BANNED | BANNED_ON_PAGES) == []


def test_the_glossary_has_each_word_once_in_order() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"(?m)^\| ([^|]+?) \|", page)[1:]
    assert len(words) > 30
    assert words == sorted(words, key=str.lower)
    assert len(set(words)) == len(words)
    entries = re.findall(
        r"(?m)^\*\*(\w[\w ]*)\*\*$", (ROOT / "docs" / "architecture.md").read_text()
    )
    assert {entry.lower() for entry in entries} <= {word.lower() for word in words}
