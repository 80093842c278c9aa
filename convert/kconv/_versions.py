"""The list of versions of every kind, and what conversions between them can lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kconv._compile import plain
from kconv._differences import FILLED, ORDER, ZERO
from kconv._gvk import GroupVersion, GroupVersionKind, Level
from kconv._resource import Deprecation
from kconv._scheme import HubKind, Scheme, Spoke, load_scheme
from kconv._scheme.ledger import ledger
from kconv.edges import Loss
from kconv.edges._declared_loss import Direction
from kconv.edges._steps import format_steps


@dataclass(frozen=True, slots=True)
class KindVersion:
    """A kind in one version.

    A ``document`` has no apiVersion, kind and metadata, and is never served.

    ``served`` is whether it is without being turned on (``--runtime-config``), ``preferred``
    whether its version is what clients of the group use, and ``stored`` whether an empty database
    stores the kind in it. ``plain_fields`` are the paths of fields that take the slower path,
    since no code can be generated for them, and ``plain_reasons`` says why, in their order. Objects
    of a version that is not ``compiled`` take the slower path as a whole. ``via`` is the version
    by way of which it converts, if it goes by way of one.
    """

    gvk: GroupVersionKind
    resource: str
    namespaced: bool
    level: Level
    served: bool
    preferred: bool
    stored: bool
    deprecated: Deprecation | None
    plain_fields: tuple[str, ...]
    plain_reasons: tuple[str, ...]
    compiled: bool
    document: bool = False
    via: str = ""


@dataclass(frozen=True, slots=True)
class PossibleLoss:
    """A field that a conversion cannot carry over.

    It is ``kept_in`` an annotation (of a document, a field), if that is not empty, or lost for an
    acknowledged ``reason``.
    """

    path: str
    kept_in: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConversionLosses:
    """What a conversion between two versions of a kind can lose."""

    source: GroupVersionKind
    target: GroupVersionKind
    losses: tuple[PossibleLoss, ...]


def versions(scheme: Scheme | None = None, *, apis: Sequence[str] = ()) -> list[KindVersion]:
    """Every version of every kind: groups by name, the preferred version of each first.

    Without a ``scheme``, of the installed API packages and those that ``apis`` names as
    ``module:function``. Raises `UsageError` and `SchemeError`, as `load_scheme` does.
    """
    scheme = _frozen(scheme, apis)
    return [
        kind_version(scheme, spoke)
        for group in scheme.groups()
        for version in scheme.versions(group)
        for spoke in scheme.spokes(GroupVersion(group, version))
    ]


def losses(scheme: Scheme | None = None, *, apis: Sequence[str] = ()) -> list[ConversionLosses]:
    """What each ordered pair of versions of a kind can lose; arguments as for `versions`."""
    return [each for kind in _frozen(scheme, apis).kinds for each in kind_losses(kind)]


def kind_losses(kind: HubKind) -> list[ConversionLosses]:
    """What each ordered pair of versions of one kind can lose."""
    return [
        ConversionLosses(
            entry.source.gvk,
            entry.target.gvk,
            tuple(map(_possible_loss, entry.losses)),
        )
        for entry in ledger(kind)
    ]


def edge_losses(spoke: Spoke) -> dict[Direction, list[PossibleLoss]]:
    """What the conversion between a version and the hub can lose, by its direction."""
    found: dict[Direction, list[PossibleLoss]] = {"to hub": [], "to spoke": []}
    for loss in spoke.losses:
        found[loss.direction].append(_possible_loss(loss))
    return found


WORDS = {
    ORDER: "lost is the order of the elements",
    FILLED: "comes back with a value where there was none",
    ZERO: "comes back absent instead of zero or empty",
}
"""What becomes of a field by the last step of its path, as a person reads it."""


def fate_of(loss: PossibleLoss) -> tuple[str, str]:
    """What becomes of a field, and its path without the step that says so."""
    if loss.kept_in:
        return f"kept in {loss.kept_in}", loss.path
    path, _, last = loss.path.rpartition(".")
    fate = WORDS.get(last)
    if fate is None:
        fate, path = "lost", loss.path
    return (f"{fate}: {loss.reason}" if loss.reason else fate), path


def _possible_loss(loss: Loss) -> PossibleLoss:
    return PossibleLoss(format_steps(loss.path), loss.kept, loss.reason)


def _frozen(scheme: Scheme | None, apis: Sequence[str]) -> Scheme:
    return (load_scheme(apis=apis) if scheme is None else scheme).complete()


def kind_version(scheme: Scheme, spoke: Spoke) -> KindVersion:
    """What there is to say about one version of a kind."""
    return KindVersion(
        gvk=spoke.gvk,
        resource=spoke.options.plural,
        namespaced=spoke.options.namespaced,
        level=spoke.level,
        served=spoke.envelope and spoke.level is not Level.ALPHA,
        preferred=spoke.gvk.version == scheme.versions(spoke.gvk.group)[0],
        stored=spoke is spoke.kind.storage_spoke,
        deprecated=spoke.options.deprecated,
        plain_fields=tuple(plain.plain_fields(spoke.schema)),
        plain_reasons=tuple(plain.plain_reasons(spoke.schema).values()),
        compiled=not plain.is_wholly_plain(spoke.schema),
        document=not spoke.envelope,
        via="" if spoke.via is None else spoke.via.api_version,
    )
