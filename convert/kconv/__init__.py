"""The API machinery of Kubernetes' API server: versions, one hub, one store.

The names below are what a user's own API package and program need. They load on first use, so that
`import kconv` costs nothing and a command that converts one file starts fast. Also public are
`kconv.fields`, `kconv.edges`, `kconv.meta`, `kconv.place`, `kconv.places`, `kconv.sqlalchemy`,
`kconv.testing` and `kconv_migrations.op`. Modules whose names begin with an underscore may change
at any time.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "AlreadyExists",
    "AsyncClient",
    "AsyncWatch",
    "CannotDecode",
    "Cast",
    "Client",
    "Column",
    "ConditionFailed",
    "Conflict",
    "Conversion",
    "ConversionError",
    "ConversionLosses",
    "ConversionProblem",
    "ConvertedFile",
    "CounterReset",
    "DecodeError",
    "Decoded",
    "Denied",
    "Deprecation",
    "Document",
    "DocumentConversion",
    "DocumentHub",
    "Edge",
    "Event",
    "Expired",
    "Finding",
    "Forbidden",
    "FunctionFailed",
    "Functions",
    "FutureVersion",
    "GroupKind",
    "GroupResource",
    "GroupVersion",
    "GroupVersionKind",
    "GroupVersionResource",
    "Hub",
    "InvalidObject",
    "KconvError",
    "KindVersion",
    "Level",
    "ListToMap",
    "Lose",
    "Lost",
    "MapKey",
    "MapToList",
    "MapValues",
    "NotFound",
    "NotRegistered",
    "ObjectList",
    "ObjectLoss",
    "ObjectRef",
    "Path",
    "Pipeline",
    "PossibleLoss",
    "Preserve",
    "Rename",
    "Resource",
    "Rule",
    "Scheme",
    "SchemeError",
    "SelectableField",
    "Split",
    "Store",
    "StoreError",
    "StrictDecodeError",
    "TablesOutdated",
    "TimedOut",
    "TooLarge",
    "TooManyRequests",
    "Type",
    "Unavailable",
    "Unit",
    "Unsupported",
    "UsageError",
    "VersionNotOnRecord",
    "Watch",
    "WhenAbsent",
    "Wrap",
    "asgi",
    "convert",
    "convert_document",
    "convert_files",
    "create_app",
    "defaults",
    "derives",
    "duplicate",
    "forbidden",
    "format_path",
    "from_dict",
    "hub_of",
    "invalid",
    "load_scheme",
    "losses",
    "not_supported",
    "omits_zero",
    "omitted_zeros",
    "open_store",
    "quote",
    "required",
    "spoke",
    "to_dict",
    "too_long",
    "validates",
    "validates_update",
    "versions",
    "webhook",
    "zero_is_absent",
]

if TYPE_CHECKING:
    from kconv._client import AsyncClient, AsyncWatch, Client, Event, ObjectList, Watch
    from kconv._document import Document, DocumentHub
    from kconv._document_conversion import DocumentConversion, convert_document
    from kconv._errors import (
        AlreadyExists,
        CannotDecode,
        ConditionFailed,
        Conflict,
        ConversionError,
        CounterReset,
        DecodeError,
        Denied,
        Expired,
        Forbidden,
        FunctionFailed,
        FutureVersion,
        InvalidObject,
        KconvError,
        NotFound,
        NotRegistered,
        ObjectRef,
        SchemeError,
        StoreError,
        StrictDecodeError,
        TablesOutdated,
        TimedOut,
        TooLarge,
        TooManyRequests,
        Unavailable,
        Unsupported,
        UsageError,
        VersionNotOnRecord,
    )
    from kconv._files import (
        Conversion,
        ConversionProblem,
        ConvertedFile,
        ObjectLoss,
        convert,
        convert_files,
    )
    from kconv._gvk import (
        GroupKind,
        GroupResource,
        GroupVersion,
        GroupVersionKind,
        GroupVersionResource,
        Level,
    )
    from kconv._models import spoke
    from kconv._paths import (
        Finding,
        MapKey,
        Path,
        duplicate,
        forbidden,
        format_path,
        invalid,
        not_supported,
        quote,
        required,
        too_long,
    )
    from kconv._pipeline import Decoded, Lost, Pipeline
    from kconv._resource import Column, Deprecation, Hub, Resource, SelectableField, hub_of
    from kconv._schema import (
        Type,
        defaults,
        derives,
        from_dict,
        omits_zero,
        omitted_zeros,
        to_dict,
        validates,
        validates_update,
        zero_is_absent,
    )
    from kconv._scheme import Scheme, load_scheme
    from kconv._serve import asgi, create_app
    from kconv._store import Store, open_store
    from kconv._versions import ConversionLosses, KindVersion, PossibleLoss, losses, versions
    from kconv._webhook import webhook
    from kconv.edges import (
        Cast,
        Edge,
        Functions,
        ListToMap,
        Lose,
        MapToList,
        MapValues,
        Preserve,
        Rename,
        Rule,
        Split,
        Unit,
        WhenAbsent,
        Wrap,
    )
else:
    from importlib import import_module

    _NAMES = {
        "kconv._client": (
            "AsyncClient",
            "AsyncWatch",
            "Client",
            "Event",
            "ObjectList",
            "Watch",
        ),
        "kconv._document": ("Document", "DocumentHub"),
        "kconv._document_conversion": ("DocumentConversion", "convert_document"),
        "kconv._errors": (
            "AlreadyExists",
            "CannotDecode",
            "ConditionFailed",
            "Conflict",
            "ConversionError",
            "CounterReset",
            "DecodeError",
            "Denied",
            "Expired",
            "Forbidden",
            "FunctionFailed",
            "FutureVersion",
            "InvalidObject",
            "KconvError",
            "NotFound",
            "NotRegistered",
            "ObjectRef",
            "SchemeError",
            "StoreError",
            "StrictDecodeError",
            "TablesOutdated",
            "TimedOut",
            "TooLarge",
            "TooManyRequests",
            "Unavailable",
            "Unsupported",
            "UsageError",
            "VersionNotOnRecord",
        ),
        "kconv._files": (
            "Conversion",
            "ConvertedFile",
            "ObjectLoss",
            "ConversionProblem",
            "convert",
            "convert_files",
        ),
        "kconv._gvk": (
            "GroupKind",
            "GroupResource",
            "GroupVersion",
            "GroupVersionKind",
            "GroupVersionResource",
            "Level",
        ),
        "kconv._models": ("spoke",),
        "kconv._paths": (
            "Finding",
            "MapKey",
            "Path",
            "duplicate",
            "forbidden",
            "format_path",
            "invalid",
            "not_supported",
            "quote",
            "required",
            "too_long",
        ),
        "kconv._pipeline": (
            "Decoded",
            "Lost",
            "Pipeline",
        ),
        "kconv._resource": (
            "Column",
            "Deprecation",
            "Hub",
            "Resource",
            "SelectableField",
            "hub_of",
        ),
        "kconv._schema": (
            "Type",
            "defaults",
            "derives",
            "from_dict",
            "omits_zero",
            "omitted_zeros",
            "to_dict",
            "validates",
            "validates_update",
            "zero_is_absent",
        ),
        "kconv._scheme": (
            "Scheme",
            "load_scheme",
        ),
        "kconv._serve": ("asgi", "create_app"),
        "kconv._store": (
            "Store",
            "open_store",
        ),
        "kconv._versions": (
            "ConversionLosses",
            "KindVersion",
            "PossibleLoss",
            "losses",
            "versions",
        ),
        "kconv._webhook": ("webhook",),
        "kconv.edges": (
            "Cast",
            "Edge",
            "Functions",
            "ListToMap",
            "Lose",
            "MapToList",
            "MapValues",
            "Preserve",
            "Rename",
            "Rule",
            "Split",
            "Unit",
            "WhenAbsent",
            "Wrap",
        ),
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
