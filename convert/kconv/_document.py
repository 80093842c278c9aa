"""`Document`, a kind without Kubernetes' envelope in one version, and `DocumentHub`, its hub.

The bytes of a document hold its fields and nothing else: no apiVersion, kind or metadata. Code that
reads one has to know which version it is in, from a column beside it or a field within it.
"""

from __future__ import annotations

from typing import Any, Literal

from kconv._resource import KindType, ResourceOptions
from kconv.fields import FreeForm, spec_of
from kconv.fields._spec import AnyField

Null = Literal["keep", "absent"]
"""Whether a null is a value of its own or as good as an absent field."""

Unknown = Literal["error", "keep", "drop"]
"""What becomes of fields that a version does not declare."""

_NULL = ("keep", "absent")
_UNKNOWN = ("error", "keep", "drop")


class DocumentOptions(ResourceOptions):
    """What ``class Meta`` of a document or its hub says.

    ``group``, ``version`` and ``kind`` are those of `kconv.Resource`; a hub names no version. The
    hub says for all versions:

    ``null``
        ``"keep"``: null is a value and stays one. ``"absent"``: as in the Kubernetes API.
    ``unknown``
        ``"error"`` refuses a document with a field that its version does not declare, at any
        depth; ``"keep"`` takes such fields along, ``"drop"`` drops them.
    ``kept``
        The field in which documents keep what `kconv.edges.Preserve` and `kconv.edges.Wrap` keep.
        It need not be declared.
    """

    def __init__(self, meta: type, *args: Any, **kwargs: Any) -> None:
        super().__init__(meta, *args, **kwargs)
        self.namespaced = False
        # The core group of Kubernetes has an empty name, which has to be said.
        self._names_group = hasattr(meta, "group")
        self.subresources = ()
        self.null: Null | None = getattr(meta, "null", None)
        self.unknown_fields: Unknown | None = self._said_of_unknown_fields(meta)
        self.kept: str = getattr(meta, "kept", "")

    @staticmethod
    def _said_of_unknown_fields(meta: type) -> Unknown | None:
        # marshmallow has an option of that name too, with constants that are spelled otherwise.
        found: Unknown | None = getattr(meta, "unknown", None)
        return found

    @property
    def keeps_null(self) -> bool:
        """Whether a null is a value of its own."""
        return self.null != "absent"

    @property
    def unknown_policy(self) -> Unknown:
        """What becomes of fields that a version does not declare."""
        return self.unknown_fields or "error"

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about them."""
        found = []
        if not self._names_group:
            found.append("its Meta names no group")
        for name, value, known in (
            ("null", self.null, _NULL),
            ("unknown", self.unknown_fields, _UNKNOWN),
        ):
            if value is not None and value not in known:
                found.append(f"{name} = {value!r} is none of {', '.join(known)}")
        return found


class _DocumentType(KindType):
    OPTIONS_CLASS = DocumentOptions
    opts: DocumentOptions

    @classmethod
    def keep_in(cls, name: str) -> None:
        """Declare the field that keeps what rules keep, unless the type has a field of that name.

        `Scheme.add` calls it with the field that the hub names.
        """
        if name in cls._declared_fields or name in cls.instance().wire_fields():
            return
        cls._declared_fields[name] = FreeForm(object_only=True, data_key=name)
        cls.forget_instance()


class Document(_DocumentType):
    """A kind without Kubernetes' envelope in one version, a *spoke*.

    Subclasses declare all that the document has; ``apiVersion``, ``kind`` and ``metadata`` are
    fields like any other here. ``class Meta`` is described by `DocumentOptions`.
    """


class DocumentHub(_DocumentType):
    """The internal version of documents of a kind, which every version is converted to and from.

    As `kconv.Hub`; its ``Meta`` says how all versions treat nulls and unknown fields, and where
    they keep what rules keep (see `DocumentOptions`).
    """


Document._hub = DocumentHub


def document_options(cls: type[KindType]) -> DocumentOptions | None:
    """The options of a document type; None for a type with Kubernetes' envelope."""
    return cls.opts if isinstance(cls.opts, DocumentOptions) else None


def holds_kept_values(field: AnyField) -> bool:
    """Whether a field that an author declared can hold what rules keep: any object."""
    spec = spec_of(field)
    return spec.structure == "free" and spec.json_type == "object"
