"""The ways through the hub that must give an object back, each for one object."""

from __future__ import annotations

from typing import Any

from kconv._differences import ABSENT, Difference, differences
from kconv._errors import ConversionError, DecodeError, InvalidObject, KconvError
from kconv._pipeline import Decoded, Pipeline
from kconv._pipeline.values import Checks
from kconv._scheme import Spoke
from kconv.testing import _declared_losses as declared_losses
from kconv.testing._failure import Broken
from kconv.testing._names import title
from kconv.testing._refused import is_announced

Document = dict[str, Any]


def round_trip(pipeline: Pipeline, spoke: Spoke, document: Document) -> None:
    """Through the hub and back a spoke is the same, but for what the rules declare lost."""
    first = pipeline.load(document, spoke=spoke, trusted=True)
    second = pipeline.from_hub(pipeline.to_hub(first), spoke)
    conversions = f"{title(spoke)} -> hub -> {title(spoke)}"
    expected = declared_losses.through_hub(spoke)
    expected.hold(conversions, first.value, second.value, document, side="spoke")


def hub_round_trip(pipeline: Pipeline, spoke: Spoke, document: Document) -> None:
    """Through a spoke and back the hub's object (spoke -> hub -> spoke -> hub) is the same."""
    hub = pipeline.to_hub(pipeline.load(document, spoke=spoke, trusted=True))
    again = pipeline.to_hub(pipeline.from_hub(hub, spoke))
    conversions = f"the hub's {spoke.kind.group_kind} -> {title(spoke)} -> hub"
    expected = declared_losses.through_spoke(spoke)
    expected.hold(conversions, hub.value, again.value, document, side="hub")


def there_and_back(pipeline: Pipeline, source: Spoke, target: Spoke, document: Document) -> None:
    """One version -> another -> the first gives the object back, but for the ledger's paths.

    What becomes of an object that is valid in the one is valid in the other.
    """
    first = pipeline.load(document, spoke=source, trusted=True)
    try:
        there = _to(pipeline, first, target)
    except ConversionError as error:
        if not error.findings or is_announced(error):
            raise
        raise _invalid(source, target, error, document) from None
    head = (("kind", target.options.kind), ("apiVersion", target.api_version))
    for name, wanted in head if target.envelope else ():
        if there.value.get(name) != wanted:
            line = f'{name}: expected "{wanted}", found {there.value.get(name)!r}'
            raise Broken(f"{title(source)} -> {title(target)} has a wrong {name}.", [line])
    _stays_valid(pipeline, first, there, document)
    _says_it_all(pipeline, first, there, document)
    back = _to(pipeline, there, source)
    conversions = f"{title(source)} -> {title(target)} -> {title(source)}"
    expected = declared_losses.there_and_back(source, target)
    expected.hold(conversions, first.value, back.value, document, side="hub")


def _stays_valid(pipeline: Pipeline, first: Decoded, there: Decoded, document: Document) -> None:
    """By the rules of single fields; by those that groups add, if it keeps to them."""
    schema = first.spoke.schema.instance()
    if any(schema.check_fields(first.value)):
        return
    checks: Checks = "fields" if any(schema.check(first.value)) else "all"
    try:
        pipeline.decode(pipeline.encode(there), spoke=there.spoke, checks=checks)
    except (DecodeError, InvalidObject) as error:
        raise _invalid(first.spoke, there.spoke, error, document) from None


def _says_it_all(pipeline: Pipeline, first: Decoded, there: Decoded, document: Document) -> None:
    """Reading what a conversion has written adds nothing: no default that only one version has.

    A migration stops at an object that means something else once it is read.
    """
    source, target = first.spoke, there.spoke
    read = pipeline.load(pipeline.dump(there), spoke=target, trusted=True)
    found = [
        each
        for each in differences(there.value, read.value)
        if not (each.before is ABSENT and each.after == {})
    ]
    if found:
        path = declared_losses.field_path(found[0].field)
        raise Broken(
            f"{title(source)} -> {title(target)} leaves to the defaults of {title(target)} what "
            f"{title(source)} does not have.",
            found,
            declared_losses.rules_about(
                [rule for step in source.steps for rule in step.rules], found
            )
            + f"An object would come back with values that nobody gave it, and a migration would "
            f"stop at it. Say in the\nedge of {title(source)} what it means to leave the field "
            f'out, WhenAbsent("path of the hub", value), or let the\nFunctions that convert {path} '
            "write it out.",
            document,
        )


def _invalid(source: Spoke, target: Spoke, error: KconvError, document: Document) -> Broken:
    rules = [rule for each in (source, target) for step in each.steps for rule in step.rules]
    paths = [Difference(each.path, None, None) for each in error.findings]
    return Broken(
        f"{title(source)} -> {title(target)} makes an invalid object of a valid one.",
        error.findings or [error.message],
        declared_losses.rules_about(list(dict.fromkeys(rules)), paths)
        + f"Every value that {title(source)} allows must become one that {title(target)} allows: "
        "let the\nrule that makes the field (MapValues, Functions, …) see to it, let the first "
        "version refuse\nmore, or the second less (required=, enum=, pattern=, … of the field).",
        document,
    )


def defaulting(pipeline: Pipeline, spoke: Spoke, document: Document) -> None:
    """Decoding what was decoded and encoded changes nothing: defaults are filled in once."""
    first = pipeline.load(document, spoke=spoke, trusted=True)
    for format in ("json", "yaml"):
        data = pipeline.encode(first, format)
        again = pipeline.decode(data, spoke=spoke, format=format, trusted=True)
        found = list(differences(first.value, again.value))
        if found:
            raise Broken(
                f"{title(spoke)}: decoding an object as {format} again, after its defaults were "
                "filled in, changes it.",
                found,
                "A default must leave alone what it (or another default) has set before.",
                document,
            )


def _to(pipeline: Pipeline, decoded: Decoded, spoke: Spoke) -> Decoded:
    return pipeline.from_hub(pipeline.to_hub(decoded), spoke)
