"""The kit's tests of the devices of examples/, on a scheme that may have a bug in it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from kconv._pipeline import Pipeline, PlainEngine
from kconv._pipeline.compiled import CompiledEngine
from kconv._scheme import Scheme
from kconv.testing._cases import cases, holds
from kconv.testing._engines import convert_alike
from kconv.testing._explore import explore
from kconv.testing._full_objects import full
from kconv.testing._golden import release_holds
from kconv.testing._golden_folder import releases
from kconv.testing._inputs_unmodified import input_kept
from kconv.testing._roundtrip import defaulting, hub_round_trip, round_trip, there_and_back
from kconv.testing._strategies import documents
from kconv.testing._suite import _showing
from kconv.testing._valid import made_valid

HERE = Path(__file__).parent
GOLDEN, CASES = HERE / "golden_devices", HERE / "cases_devices"


def run(scheme: Scheme, *, examples: int = 10) -> None:
    """Every promise of every version, in the order of a suite. Raises what the first breaks."""
    plain, compiled = (Pipeline(scheme, engine()) for engine in (PlainEngine, CompiledEngine))
    compiled.fallbacks.strict = True
    (kind,) = scheme.kinds
    for spoke in kind.spokes:
        checks = [
            partial(round_trip, compiled, spoke),
            partial(hub_round_trip, compiled, spoke),
            partial(defaulting, compiled, spoke),
            partial(input_kept, {"plain": plain, "compiled": compiled}, spoke),
            partial(convert_alike, plain, compiled, spoke),
            *(partial(there_and_back, compiled, spoke, to) for to in kind.spokes if to != spoke),
        ]
        drawn = documents(spoke).map(partial(made_valid, spoke))
        for check in checks:
            shown = partial(_showing, spoke, check)
            explore(drawn, shown, examples)
            shown(full(spoke))
    for case in cases(CASES):
        holds(compiled, case)
    for release, name in releases(GOLDEN):
        release_holds(compiled, GOLDEN, release, name)
