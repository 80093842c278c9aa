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
    from kconv._errors import KconvError
    from kconv._gvk import (
        GroupKind,
        GroupResource,
        GroupVersion,
        GroupVersionKind,
        GroupVersionResource,
    )
    from kconv._paths import Finding
    from kconv._pipeline import Pipeline
    from kconv._resource import Column, Deprecation, Hub, Resource
    from kconv._schema import Type, defaults, validates
    from kconv._scheme import Scheme, load_scheme
    from kconv._store import open_store
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
        "kconv._errors": ("KconvError",),
        "kconv._gvk": (
            "GroupKind",
            "GroupResource",
            "GroupVersion",
            "GroupVersionKind",
            "GroupVersionResource",
        ),
        "kconv._paths": ("Finding",),
        "kconv._pipeline": ("Pipeline",),
        "kconv._resource": ("Column", "Deprecation", "Hub", "Resource"),
        "kconv._schema": ("Type", "defaults", "validates"),
        "kconv._scheme": ("Scheme", "load_scheme"),
        "kconv._store": ("open_store",),
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
