"""`Broken`: a failed test of a version, with the object that shows it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

LONGEST = 4000
"""How many characters of an object, and of one value of it, a failure shows at most."""


class Broken(AssertionError):
    """What was expected and what was found, with nothing that needs a traceback to read.

    ``about`` is the kind and the versions it went through; ``lines`` are what differs, by path;
    ``advice`` says what to do; ``document`` is an object that shows it.
    """

    def __init__(
        self, about: str, lines: Iterable[object], advice: str = "", document: Any = None
    ) -> None:
        shown = [about, *(f"  {line}" for line in lines)]
        if advice:
            shown += ["", advice]
        if document is not None:
            text = json.dumps(document, ensure_ascii=False)
            cut = "" if len(text) <= LONGEST else f"… ({len(text)} characters)"
            shown += ["", "with the object", f"  {text[:LONGEST]}{cut}"]
        super().__init__("\n".join(shown))
