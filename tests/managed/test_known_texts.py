"""Texts that come again: looked for only while they do."""

from __future__ import annotations

from kconv._known_texts import KnownTexts


def looked_for(known: KnownTexts[int], texts: list[bytes]) -> int:
    """How many of some texts were looked for."""
    count = 0
    for text in texts:
        if known.is_of_use():
            count += 1
            if known.get(text) is None:
                known.keep(text, 1)
    return count


def test_texts_that_never_come_again_are_seldom_looked_for() -> None:
    known: KnownTexts[int] = KnownTexts()
    assert looked_for(known, [b"%d" % number for number in range(10_000)]) < 300
    assert not known._found or known._credit > 0, "what is not looked for takes no memory"


def test_texts_that_come_again_are_looked_for() -> None:
    known: KnownTexts[int] = KnownTexts()
    assert looked_for(known, [b"%d" % (number % 40) for number in range(10_000)]) == 10_000


def test_texts_that_begin_to_come_again_are_found_out() -> None:
    known: KnownTexts[int] = KnownTexts()
    looked_for(known, [b"%d" % number for number in range(10_000)])
    assert looked_for(known, [b"same"] * 10_000) > 8_000
