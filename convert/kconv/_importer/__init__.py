"""Schema modules from OpenAPI definitions: what ``kconv import openapi`` does.

`document` reads the file, `overlay` adds what it does not say, `selection` picks definitions,
`properties` turns a schema into a field, `layout` sorts types into modules, `render` writes
source, `generate` does all that and `files` puts the result on disk.
"""

from kconv._importer.crd import EDGES, Imported, import_crds
from kconv._importer.crd_file import Crd, read_crds
from kconv._importer.document import read_definitions
from kconv._importer.files import Change, plan, write
from kconv._importer.generate import Generated, Request, generate
from kconv._importer.names import DEFAULT_MAP
from kconv._importer.overlay import Overlay, read_overlay
from kconv._importer.selection import parse_kind

__all__ = [
    "DEFAULT_MAP",
    "EDGES",
    "Change",
    "Crd",
    "Generated",
    "Imported",
    "Overlay",
    "Request",
    "generate",
    "import_crds",
    "parse_kind",
    "plan",
    "read_crds",
    "read_definitions",
    "read_overlay",
    "write",
]
