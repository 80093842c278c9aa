"""`Edge`: a spoke with the rules by which it converts to and from its hub."""

from __future__ import annotations

from kconv._document import Document
from kconv._resource import Resource
from kconv.edges._rule import Rule


class Edge:
    """A version of a kind, and what does not convert by its name and shape alone.

    Everything of the same name and shape on both sides needs no rule. With ``via`` it converts by
    way of another version of the kind: the rules are between the two, with that version in place of
    the hub, and its own edge does the rest. So a change of the newest version touches one edge.
    """

    def __init__(
        self,
        spoke: type[Resource] | type[Document],
        *rules: Rule,
        via: type[Resource] | type[Document] | None = None,
    ) -> None:
        self.spoke = spoke
        self.rules = rules
        self.via = via

    def __repr__(self) -> str:
        return f"Edge({self.spoke.__module__}.{self.spoke.__qualname__}, {len(self.rules)} rules)"
