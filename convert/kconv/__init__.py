"""The API machinery of Kubernetes' API server: versions, one hub, one store.

The names below are what a user's own API package and program need. They load on first use, so that
`import kconv` costs nothing and a command that converts one file starts fast.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "Column",
    "Deprecation",
    "Edge",
    "Finding",
    "Functions",
    "GroupKind",
    "GroupResource",
    "GroupVersion",
    "GroupVersionKind",
    "GroupVersionResource",
    "Hub",
    "KconvError",
    "Lose",
    "MapValues",
    "Pipeline",
    "Preserve",
    "Rename",
    "Resource",
    "Rule",
    "Scheme",
    "Split",
    "Type",
    "WhenAbsent",
    "Wrap",
    "defaults",
    "load_scheme",
    "open_store",
    "validates",
]

if TYPE_CHECKING:
    from kconv.edges import (
        Edge,
        Functions,
        Lose,
        MapValues,
        Preserve,
        Rename,
        Rule,
        Split,
        WhenAbsent,
        Wrap,
    )
    from kconv.errors import KconvError
    from kconv.gvk import (
        GroupKind,
        GroupResource,
        GroupVersion,
        GroupVersionKind,
        GroupVersionResource,
    )
    from kconv.paths import Finding
    from kconv.pipeline import Pipeline
    from kconv.resource import Column, Deprecation, Hub, Resource
    from kconv.schema import Type, defaults, validates
    from kconv.scheme import Scheme, load_scheme
    from kconv.store import open_store
else:
    from importlib import import_module

    _NAMES = {
        "kconv.edges": (
            "Edge",
            "Functions",
            "Lose",
            "MapValues",
            "Preserve",
            "Rename",
            "Rule",
            "Split",
            "WhenAbsent",
            "Wrap",
        ),
        "kconv.errors": ("KconvError",),
        "kconv.gvk": (
            "GroupKind",
            "GroupResource",
            "GroupVersion",
            "GroupVersionKind",
            "GroupVersionResource",
        ),
        "kconv.paths": ("Finding",),
        "kconv.pipeline": ("Pipeline",),
        "kconv.resource": ("Column", "Deprecation", "Hub", "Resource"),
        "kconv.schema": ("Type", "defaults", "validates"),
        "kconv.scheme": ("Scheme", "load_scheme"),
        "kconv.store": ("open_store",),
    }
    _HOMES = {name: home for home, names in _NAMES.items() for name in names}

    def __getattr__(name: str) -> object:
        """Load a public name from the module that holds it.

        Raises:
            AttributeError: kconv has no such public name.
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
