"""Errors as a person reads them: what is wrong, with what, and every field on a line."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

from kconv._errors import KconvError
from kconv._paths import describe

_KCONV: Final = Path(__file__).parent


def error_lines(error: KconvError) -> list[str]:
    """The lines of an error on its own, ``error: …`` first."""
    first, *rest = problem_lines(error)
    return [f"error: {first}", *rest]


def problem_lines(error: KconvError) -> list[str]:
    """What is wrong in a line, and each finding indented on one of its own."""
    findings = [finding for finding in error.findings if str(finding) not in ("", error.message)]
    head, *rest = error.message.splitlines() or [type(error).__name__]
    if not findings or rest:
        return [head, *rest]
    listed = describe(findings)
    if head.endswith(listed):
        head = head.removesuffix(listed).rstrip(": ")
    return [head, *(f"  {finding}" for finding in findings)]


def failure_of_code(error: BaseException) -> str:
    """What code of a user's own raised, and where: ``models.py, line 20: NameError: ...``.

    The line is the last one below the current folder, or else the last one at all.
    """
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(error.filename)}, line {error.lineno}: {type(error).__name__}: {error.msg}"
    lines = [
        (each.filename, each.lineno)
        for each in traceback.extract_tb(error.__traceback__)
        if each.lineno and not each.filename.startswith("<")
    ]
    own = [each for each in lines if _is_own(each[0])] or lines
    return f"{_short(own[-1][0])}, line {own[-1][1]}: {what}" if own else what


def _is_own(file: str) -> bool:
    path = Path(file)
    installed = {"site-packages", "dist-packages"} & set(path.parts)
    return not installed and path.is_relative_to(Path.cwd()) and not path.is_relative_to(_KCONV)


def _short(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def count(number: int, noun: str) -> str:
    """``1 object``, ``2 objects``, ``1,234 entries``, ``7 days``."""
    if number != 1:
        ends_in_ies = noun.endswith("y") and noun[-2:-1] not in "aeiou"
        noun = f"{noun[:-1]}ies" if ends_in_ies else f"{noun}s"
    return f"{number:,} {noun}"


def size_text(number: float) -> str:
    """So many bytes, for people."""
    for unit in ("B", "KiB", "MiB"):
        if number < 1024:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} GiB"


def duration(seconds: float) -> str:
    """``12 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
