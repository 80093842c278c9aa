"""What each conversion between two versions can lose, from the ledger of every kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from kconv._differences import FILLED, ORDER, ZERO

if TYPE_CHECKING:
    from kconv._scheme import Scheme

WORDS = {
    ORDER: "lost is the order of the elements",
    FILLED: "comes back with a value where there was none",
    ZERO: "comes back absent instead of zero or empty",
}
"""What becomes of a field by the last step of its path, as a person reads it."""


def loss_rows(scheme: Scheme) -> list[dict[str, Any]]:
    """A row for each ordered pair of versions of a kind, with all that it can lose."""
    from kconv._scheme.ledger import ledger
    from kconv.edges._steps import format_steps

    return [
        {
            "from": f"{entry.source.api_version} {entry.source.gvk.kind}",
            "to": f"{entry.target.api_version} {entry.target.gvk.kind}",
            "losses": [
                {"path": format_steps(each.path), "keptIn": each.kept, "reason": each.reason}
                for each in entry.losses
            ],
        }
        for kind in scheme.kinds
        for entry in ledger(kind)
    ]


def loss_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The conversions that can lose something, fields under what becomes of them; others counted.

    ``rows`` are those of `loss_rows`. Lines fit the terminal, unless a path does not.
    """
    from kconv._cli.console import text_width
    from kconv._cli.message import count

    width = text_width()
    lines: list[str] = []
    lossy = [row for row in rows if row["losses"]]
    for row in lossy:
        lines.append(_pair(row))
        told: dict[str, list[str]] = {}
        for loss in row["losses"]:
            fate, path = _fate(loss)
            told.setdefault(fate, []).append(path)
        for fate, paths in told.items():
            lines += wrap(fate, width, initial_indent="  ", subsequent_indent="  ")
            lines += [f"      {path}" for path in paths]
        lines.append("")
    lossless = len(rows) - len(lossy)
    if lossless:
        what = count(lossless, "other conversion" if lossy else "conversion")
        lines.append(f"{what} {'loses' if lossless == 1 else 'lose'} nothing")
    return lines


def _pair(row: Mapping[str, Any]) -> str:
    version, _, kind = str(row["to"]).partition(" ")
    same = str(row["from"]).endswith(f" {kind}")
    return f"{row['from']} to {version if same else row['to']}"


def _fate(loss: Mapping[str, str]) -> tuple[str, str]:
    """What becomes of a field, and its path without the step that says so."""
    if loss["keptIn"]:
        return f"kept in {loss['keptIn']}", loss["path"]
    path, _, last = loss["path"].rpartition(".")
    fate = WORDS.get(last)
    if fate is None:
        fate, path = "lost", loss["path"]
    return (f"{fate}: {loss['reason']}" if loss["reason"] else fate), path
