"""The API machinery of Kubernetes' API server: versions, one hub, one store.

The names below are what a user's own API package and program need. They load on first use, so that
`import kconv` costs nothing and a command that converts one file starts fast.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "Column": "kconv.schema",
    "Deprecation": "kconv.schema",
    "Edge": "kconv.edges",
    "Finding": "kconv.paths",
    "GroupKind": "kconv.gvk",
    "GroupResource": "kconv.gvk",
    "GroupVersion": "kconv.gvk",
    "GroupVersionKind": "kconv.gvk",
    "GroupVersionResource": "kconv.gvk",
    "Hub": "kconv.schema",
    "KconvError": "kconv.errors",
    "Pipeline": "kconv.pipeline",
    "Resource": "kconv.schema",
    "Scheme": "kconv.scheme",
    "Type": "kconv.schema",
    "defaults": "kconv.schema",
    "load_scheme": "kconv.scheme",
    "open_store": "kconv.store",
    "validates": "kconv.schema",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module that holds it.

    Raises:
        AttributeError: kconv has no such public name.
    """
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what this module offers, the not yet loaded included."""
    return sorted({*globals(), *_HOMES})
