"""How ``kconv versions --loss`` writes what each conversion between two versions can lose."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from kconv._cli.console import text_width
from kconv._messages import count
from kconv._versions import fate_of

if TYPE_CHECKING:
    from kconv._gvk import GroupVersionKind
    from kconv._versions import ConversionLosses


def losses_as_json(conversions: Sequence[ConversionLosses]) -> list[dict[str, Any]]:
    """The conversions as a JSON value."""
    return [
        {
            "from": _name(each.source),
            "to": _name(each.target),
            "losses": [
                {"path": loss.path, "keptIn": loss.kept_in, "reason": loss.reason}
                for loss in each.losses
            ],
        }
        for each in conversions
    ]


def loss_lines(conversions: Sequence[ConversionLosses]) -> list[str]:
    """The conversions that can lose something, fields under what becomes of them; others counted.

    Lines fit the terminal, unless a path does not.
    """
    width = text_width()
    lines: list[str] = []
    lossy = [each for each in conversions if each.losses]
    for each in lossy:
        same = each.source.kind == each.target.kind
        target = each.target.api_version if same else _name(each.target)
        lines += wrap(f"{_name(each.source)} to {target}", width, subsequent_indent="    ")
        paths_by_fate: dict[str, list[str]] = {}
        for loss in each.losses:
            fate, path = fate_of(loss)
            paths_by_fate.setdefault(fate, []).append(path)
        for fate, paths in paths_by_fate.items():
            lines += wrap(fate, width, initial_indent="  ", subsequent_indent="  ")
            lines += [f"      {path}" for path in paths]
        lines.append("")
    lossless = len(conversions) - len(lossy)
    if lossless:
        what = count(lossless, "other conversion" if lossy else "conversion")
        lines.append(f"{what} {'loses' if lossless == 1 else 'lose'} nothing")
    return lines


def _name(gvk: GroupVersionKind) -> str:
    return f"{gvk.api_version} {gvk.kind}"
