"""Tests for an API's versions, derived from its schemas and edges.

`ApiTests` in a conftest.py gives a test for each promise that a version makes; pytest collects them
by a plugin. `documents` and `nearly` are Hypothesis strategies for tests of your own, and `full` is
an object with every field set. `PlaceTests` tell whether a place of your own is right, with a
`PlaceGround` that you write and the kind of `notes_scheme`. `WebhookTests` hold a conversion
webhook, also one that others wrote, to what the API server relies on. Install with
``pip install 'kconv[testing]'``.
"""

from typing import TYPE_CHECKING

from kconv.testing._api import ApiTests

__all__ = [
    "ApiTests",
    "NoteV1",
    "NoteV2",
    "PlaceGround",
    "PlaceTests",
    "SkewWarning",
    "Webhook",
    "WebhookTests",
    "documents",
    "full",
    "nearly",
    "notes_scheme",
]

if TYPE_CHECKING:
    from kconv.testing._full_objects import full
    from kconv.testing._near_misses import nearly
    from kconv.testing._notes import NoteV1, NoteV2, notes_scheme
    from kconv.testing._place_ground import PlaceGround
    from kconv.testing._place_tests import PlaceTests
    from kconv.testing._skew import SkewWarning
    from kconv.testing._strategies import documents
    from kconv.testing._webhook import Webhook
    from kconv.testing._webhook_tests import WebhookTests
else:
    from importlib import import_module

    # Hypothesis is optional, and every run of pytest loads this module.
    _HOMES = {
        "NoteV1": "kconv.testing._notes",
        "NoteV2": "kconv.testing._notes",
        "PlaceGround": "kconv.testing._place_ground",
        "PlaceTests": "kconv.testing._place_tests",
        "notes_scheme": "kconv.testing._notes",
        "SkewWarning": "kconv.testing._skew",
        "Webhook": "kconv.testing._webhook",
        "WebhookTests": "kconv.testing._webhook_tests",
        "documents": "kconv.testing._strategies",
        "full": "kconv.testing._full_objects",
        "nearly": "kconv.testing._near_misses",
    }

    def __getattr__(name: str) -> object:
        """Load a public name from the module that holds it.

        Raises:
            AttributeError: kconv.testing has no such public name.
        """
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(home), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """Name what this module offers, the not yet loaded included."""
        return sorted({*globals(), *__all__})
