"""A page to look at: versions, objects in two versions, migrations; an ASGI app."""

from kconv._ui.app import Pages
from kconv._ui.server import PageServer, build

__all__ = ["PageServer", "Pages", "build"]
