"""From values to HTML: templates that escape everything, and the style sheet and script."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from importlib.resources import files
from typing import Any, Final

from kconv._errors import Unavailable
from kconv._messages import count, duration, size_text

MEDIA_TYPES: Final = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""The files that are served as they are."""

NAVIGATION: Final = (
    ("", "Versions"),
    ("objects", "Objects"),
    ("migrations", "Migrations"),
    ("plan", "Plan"),
    ("quarantine", "Quarantine"),
    ("removal", "Removal"),
    ("verify", "Verify"),
)
"""The pages that every page links to."""

FRAGMENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "versions": {"versions-table": "_versions.html", "versions-summary": "_summary.html"},
    "migrations": {
        "going": "_going.html",
        "charts": "_charts.html",
        "stored": "_stored.html",
        "runs": "_runs.html",
    },
    "run": {
        "going": "_going.html",
        "facts": "_facts.html",
        "undone": "_undone.html",
        "restored": "_restorable.html",
    },
    "verify": {"verified": "_verified.html"},
}
"""What of a page is kept up to date: elements by their id, and the templates of what is in them."""


@cache
def static(name: str) -> bytes:
    """A file that is served as it is."""
    return files("kconv._ui").joinpath("static", name).read_bytes()


@cache
def digest(name: str) -> str:
    """What changes when such a file does."""
    return hashlib.sha256(static(name)).hexdigest()[:12]


class Renderer:
    """Renders templates; ``base`` is the path of the first page.

    ``typed`` makes of a command what can be typed: with the options that name what is shown.
    """

    def __init__(self, base: str, about: str, typed: Callable[[str], str] = str) -> None:
        try:
            from jinja2 import Environment, PackageLoader, StrictUndefined
        except ImportError as error:
            raise Unavailable("the page needs Jinja2: pip install 'kconv[ui]'") from error
        self._environment: Any = Environment(
            loader=PackageLoader("kconv._ui"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            number=_number,
            size=size_text,
            duration=duration,
            moment=_moment,
            time=_time,
            prose=partial(_prose, typed=typed),
            typed=partial(_command, typed=typed),
            path=_path,
        )
        self._environment.globals.update(
            base=base, about=about, navigation=NAVIGATION, count=count, digest=digest
        )

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        """The text of a template."""
        text: str = self._environment.get_template(template).render(values)
        return text


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _prose(text: str, typed: Callable[[str], str]) -> Any:
    """Text for people, with what is in backquotes as code."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    html = (_command(it, typed) if at % 2 else escape(it) for at, it in enumerate(parts))
    return Markup("").join(html)


def _command(text: str, typed: Callable[[str], str]) -> Any:
    """A command, or something else that is code."""
    from markupsafe import Markup

    return Markup("<code>{}</code>").format(typed(text))


def _path(text: str) -> Any:
    """The path of a field or the name of a version, which may be broken after dots and slashes."""
    from markupsafe import Markup, escape

    parts = re.split(r"(?<=[./])", text)
    return Markup("<wbr>").join(map(escape, parts))


def _moment(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _time(value: datetime) -> str:
    return f"{value.astimezone(UTC):%H:%M:%S}"
