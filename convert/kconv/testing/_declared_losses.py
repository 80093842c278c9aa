"""Which differences the rules of an edge declare, so that every other one is a fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kconv._differences import Difference, differences
from kconv._paths import Path, format_path
from kconv._scheme import Spoke
from kconv._scheme.chains import in_spoke
from kconv._scheme.ledger import ledger
from kconv.edges import Loss, Rule
from kconv.edges._steps import EACH, Steps, format_steps
from kconv.testing._failure import Broken

ANNOTATIONS = ("metadata", "annotations")


class Declared:
    """Paths at which converting an object to another version and back may change it.

    ``lost`` are paths of rules; ``kept`` what the rules say they keep: the annotations, and fields
    of documents, in which they do come and go with that.
    """

    def __init__(
        self, lost: Iterable[Steps], kept: Iterable[Loss], spokes: Sequence[Spoke] = ()
    ) -> None:
        self.rules = list(dict.fromkeys(r for s in spokes for step in s.steps for r in step.rules))
        self.lost = tuple(dict.fromkeys(lost))
        self.kept = tuple(kept)
        self.annotations = frozenset(each.kept for each in kept if each.kept_in == "annotation")
        self.fields = frozenset(each.kept for each in kept if each.kept_in == "field")

    def undeclared(self, before: Any, after: Any) -> list[Difference]:
        """The differences between two objects that nothing declares."""
        return [
            each
            for each in differences(self._rest(before), self._rest(after))
            if not any(covers(steps, each.path) for steps in self.lost)
        ]

    def _rest(self, value: Any) -> Any:
        """The object without what keeps other fields."""
        if self.fields:
            value = {name: each for name, each in value.items() if name not in self.fields}
        return _without(value, self.annotations) if self.annotations else value

    def hold(self, conversions: str, before: Any, after: Any, document: Any, *, side: str) -> None:
        """Raise `Broken` if an object differs where nothing declares it.

        ``side`` says whose paths they are: "spoke" or "hub".
        """
        found = self.undeclared(before, after)
        if found:
            lines = [self._line(each) for each in found]
            raise Broken(
                f"{conversions} does not give the object back.",
                lines,
                rules_about(self.rules, found) + advice(found, side),
                document,
            )

    def _line(self, difference: Difference) -> str:
        for loss in self.kept:
            if covers(loss.path, difference.path):
                return f"{difference} (declared: {loss})"
        return str(difference)


def through_hub(spoke: Spoke) -> Declared:
    """What may differ in an object of a spoke after spoke -> hub -> spoke."""
    losses = list(_losses(spoke))
    lost = [loss.path for loss in losses if loss.direction == "to hub" and not loss.kept]
    return Declared(lost, _kept(losses), (spoke,))


def through_spoke(spoke: Spoke) -> Declared:
    """What may differ in a hub's object after hub -> spoke -> hub."""
    losses = list(_losses(spoke))
    lost = [loss.path for loss in losses if loss.direction == "to spoke" and not loss.kept]
    return Declared(lost, _kept(losses), (spoke,))


def there_and_back(source: Spoke, target: Spoke) -> Declared:
    """What may differ in an object of one version after going to another and back."""
    entry = next(
        each
        for each in ledger(source.kind)
        if each.source is source and each.target is target
    )  # fmt: skip
    lost: list[Steps] = []
    for loss in entry.dropped:
        lost += [loss.path] if loss.direction == "to hub" else in_spoke(loss.path, source)
    kept = _kept([*entry.losses, *_losses(source), *_losses(target)])
    return Declared(lost, kept, (source, target))


def rules_about(rules: Sequence[Rule], found: Sequence[Difference]) -> str:
    """The rules that convert what differs, as lines; all that there are, where none names it."""

    def touches(steps: Steps, path: Path) -> bool:
        return covers(steps, path) or covers(tuple(map(str, path)), steps)

    paths = [each.field for each in found]
    about = [
        rule
        for rule in rules
        if any(touches(steps, path) for steps in (*rule.spoke, *rule.hub) for path in paths)
    ]
    lines = "".join(f"  {rule}\n" for rule in about or rules)
    return f"The rules are:\n{lines}" if lines else ""


def covers(steps: Steps, path: Path) -> bool:
    """Whether a path of an object is that of a rule, or lies within it."""
    return len(path) >= len(steps) and all(
        step in (EACH, at) for step, at in zip(steps, path, strict=False)
    )


def advice(found: Sequence[Difference], side: str) -> str:
    """Which rules would make it right."""
    path = field_path(found[0].field)
    if found[0].field[:2] == ANNOTATIONS:
        return (
            "No rule of the edge says that it keeps a field in that annotation: "
            'Preserve(…, annotation="…")\nor kept={"path of the hub": "annotation"} of Functions.'
        )
    lost = f"spoke:{path}" if side == "spoke" else path
    return (
        f"No rule of the edge declares that. Carry {path} over (Rename, MapValues, Functions, "
        f"…),\nrefuse such values (pattern=, enum=, min_length=, minimum= … of the field), keep it "
        f'(Preserve("{path}"),\nkept={{"{path}": "annotation"}} of Functions), or acknowledge the '
        f'loss (Lose({side}=("{path}",), reason="…"),\nlost={{"{lost}": "…"}} of Functions).'
    )


def field_path(path: Path) -> str:
    """The path as a rule would write it, every element of a list being ``[*]``."""
    steps = tuple(EACH if isinstance(step, int) else step for step in path)
    fits = all(step and not set(step) & set(".[]") for step in steps)
    return format_steps(steps) if fits else format_path(path)


def _losses(spoke: Spoke) -> Iterator[Loss]:
    yield from spoke.losses


def _kept(losses: Iterable[Loss]) -> list[Loss]:
    return [loss for loss in losses if loss.kept]


def _without(value: Any, names: frozenset[str]) -> Any:
    """The object without some annotations; annotations that are empty then are none.

    Where rules keep fields in annotations, one that comes and goes takes empty annotations along.
    """
    annotations = value.get("metadata", {}).get("annotations")
    if annotations is None or (annotations and names.isdisjoint(annotations)):
        return value
    metadata = dict(value["metadata"])
    metadata["annotations"] = {n: text for n, text in annotations.items() if n not in names}
    if not metadata["annotations"]:
        del metadata["annotations"]
    return {**value, "metadata": metadata}
