"""Where the hub of a kind and its versions stand in the graph; the template draws it.

The hub is on the left, a version for each line on the right. One that converts by way of another
stands below that, further in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kconv._scheme import HubKind, Spoke
from kconv._versions import PossibleLoss, edge_losses, fate_of

HUB_WIDTH, NODE_WIDTH, NODE_HEIGHT = 84, 176, 46
LEFT, INDENT, STEP = 150, 22, 62
"""Where the versions begin, how far one is moved in for each it goes by, and from line to line."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a field on an edge, in words; it is ``kept`` elsewhere, or lost."""

    path: str
    what: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A version, and the edge between it and what it converts to: the hub, or another version.

    ``kind`` is empty where the hub has the same.
    """

    version: str
    kind: str
    x: int
    y: int
    edge: str
    to_hub: tuple[Fate, ...]
    to_spoke: tuple[Fate, ...]
    via: str

    @property
    def ledger(self) -> list[tuple[str, str, dict[str, list[str]]]]:
        """For each direction, from what and to what, and the fields by what becomes of them."""
        name, target = self.name, self.via or "hub"
        return [
            (name, target, _by_fate(self.to_hub)),
            (target, name, _by_fate(self.to_spoke)),
        ]

    @property
    def name(self) -> str:
        """The version, with its kind where that is another one than the hub's."""
        return self.version + (f" {self.kind}" if self.kind else "")

    @property
    def kept(self) -> int:
        """How many fields are kept elsewhere, in either direction."""
        return sum(each.kept for each in (*self.to_hub, *self.to_spoke))

    @property
    def lost(self) -> int:
        """How many fields can be lost, in either direction."""
        return len(self.to_hub) + len(self.to_spoke) - self.kept

    @property
    def summary(self) -> str:
        """The edge in a few words."""
        if not self.kept and not self.lost:
            return "keeps everything"
        return " · ".join(
            f"{verb} {number}" for verb, number in (("keeps", self.kept), ("loses", self.lost))
            if number
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Graph:
    """The hub at ``hub_y``, and the nodes, in a box of ``width`` and ``height``."""

    hub: str
    hub_y: int
    nodes: tuple[Node, ...]
    width: int
    height: int


def graph(kind: HubKind) -> Graph:
    """The graph of a kind."""
    placed = list(_tree(kind.spokes, None, 0))
    depth = max((each for _, each in placed), default=0)
    centres = {spoke: NODE_HEIGHT // 2 + 4 + STEP * row for row, (spoke, _) in enumerate(placed)}
    direct = [centres[spoke] for spoke, _ in placed if spoke.via is None]
    hub_y = (min(direct) + max(direct)) // 2 if direct else NODE_HEIGHT
    nodes = []
    for spoke, level in placed:
        x, y = LEFT + INDENT * level, centres[spoke]
        if spoke.via is None:
            middle = (HUB_WIDTH + LEFT) // 2
            edge = f"M{HUB_WIDTH} {hub_y}C{middle} {hub_y} {middle} {y} {x} {y}"
        else:
            start = x - INDENT // 2
            edge = f"M{start} {centres[spoke.via] + NODE_HEIGHT // 2}V{y}H{x}"
        losses = edge_losses(spoke)
        nodes.append(
            Node(
                spoke.gvk.version,
                "" if spoke.gvk.kind == kind.options.kind else spoke.gvk.kind,
                x,
                y - NODE_HEIGHT // 2,
                edge,
                tuple(map(_fate, losses["to hub"])),
                tuple(map(_fate, losses["to spoke"])),
                "" if spoke.via is None else spoke.via.gvk.version,
            )
        )
    width = LEFT + INDENT * depth + NODE_WIDTH + 2
    return Graph(kind.options.kind, hub_y, tuple(nodes), width, STEP * len(placed))


def _tree(spokes: Sequence[Spoke], via: Spoke | None, depth: int) -> list[tuple[Spoke, int]]:
    """Versions, each with those that go by way of it below, and how deep they are."""
    found = []
    for spoke in spokes:
        if spoke.via is via:
            found += [(spoke, depth), *_tree(spokes, spoke, depth + 1)]
    return found


def _by_fate(fates: Sequence[Fate]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in fates:
        found.setdefault(each.what, []).append(each.path)
    return found


def _fate(loss: PossibleLoss) -> Fate:
    what, path = fate_of(loss)
    return Fate(path, what, bool(loss.kept_in))
