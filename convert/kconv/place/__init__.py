"""Places: where objects of some kinds live, each row in one of their versions.

The migration is written against `Place` and nothing else, so it goes over kconv's own store, over
tables of a user's own, and over whatever else has the methods of the protocol.
"""

from kconv.place._named import open_named
from kconv.place._operations import (
    NEVER,
    BeforeImage,
    ClientCount,
    Ending,
    Pressure,
    Quarantined,
    Reclaimable,
    RecordedVersion,
    Replica,
    Restored,
    Run,
    RunState,
    RunTarget,
    Server,
    UndoSize,
)
from kconv.place._protocol import Place
from kconv.place._rows import (
    NO_VERSION,
    OBJECTS,
    AsRead,
    Collection,
    Count,
    Key,
    Mark,
    NewData,
    Row,
    RowName,
    RowRead,
    Scalar,
    Section,
    Where,
    key_names,
    key_text,
)

__all__ = [
    "NEVER",
    "NO_VERSION",
    "OBJECTS",
    "AsRead",
    "BeforeImage",
    "ClientCount",
    "Collection",
    "Count",
    "Ending",
    "Key",
    "Mark",
    "NewData",
    "Place",
    "Pressure",
    "Quarantined",
    "Reclaimable",
    "RecordedVersion",
    "Replica",
    "Restored",
    "Row",
    "RowName",
    "RowRead",
    "Run",
    "RunState",
    "RunTarget",
    "Scalar",
    "Section",
    "Server",
    "UndoSize",
    "Where",
    "key_names",
    "key_text",
    "open_named",
]
