"""`Decoder`: from bytes and documents to decoded objects of a version, judged or not."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from kconv._codec import json as json_codec
from kconv._codec.limits import LIMIT, check_depth
from kconv._errors import (
    DecodeError,
    FunctionFailed,
    InvalidObject,
    StrictDecodeError,
)
from kconv._paths import Path, format_path
from kconv._pipeline.engine import Engine, NotSound
from kconv._pipeline.heads import Heads, spoke_of
from kconv._pipeline.loose import Extra, put_together, taken_apart
from kconv._pipeline.refusal import cannot_handle, decode_or_refuse, failed_on
from kconv._pipeline.values import (
    Checks,
    Decoded,
    FieldValidation,
    Format,
    Value,
    ref_of,
)
from kconv._scheme import Scheme, Spoke


class Decoder:
    """Decodes objects of the versions in a frozen scheme."""

    def __init__(self, scheme: Scheme, engine: Engine) -> None:
        self.scheme = scheme
        self.engine = engine
        self._heads = Heads(scheme)

    def decode(
        self,
        data: bytes,
        *,
        spoke: Spoke | None = None,
        format: Format = "json",
        field_validation: FieldValidation = "Ignore",
        trusted: bool = False,
        checks: Checks = "all",
    ) -> Decoded:
        """Decode the bytes of one object.

        ``spoke`` says which version is expected: the object must agree, or say nothing. A
        ``trusted`` object was valid when it was stored and is not judged again, however far
        ``checks`` would go.

        Raises `DecodeError` for malformed bytes, another kind or version, and wrong types;
        `StrictDecodeError` for unknown fields; `InvalidObject` for broken rules; `NotRegistered`
        for a kind that the scheme does not have. Each names all the fields at once. And
        `FunctionFailed` where a function of the API fails on the object.
        """
        checks = "types" if trusted else checks
        if format == "json":
            fast = self._decode_fast(data, spoke, field_validation, checks)
            if fast is not None:
                return fast
        raw, duplicates = self._parse(data, format, field_validation)
        if not isinstance(raw, dict):
            raise DecodeError(f"json: cannot unmarshal {_json_type(raw)} into an object")
        return self._load(raw, duplicates, spoke, field_validation, checks)

    def load(
        self,
        raw: Value,
        *,
        spoke: Spoke | None = None,
        field_validation: FieldValidation = "Ignore",
        trusted: bool = False,
        checks: Checks = "all",
    ) -> Decoded:
        """Decode a document that is parsed already; as `decode` otherwise."""
        if not isinstance(raw, dict):
            raise DecodeError(f"json: cannot unmarshal {_json_type(raw)} into an object")
        checks = "types" if trusted else checks
        if field_validation != "Ignore" and spoke is not None and not spoke.kind.document:
            # The engine sees fields that are not declared quicker in bytes than the walk over them.
            with suppress(
                NotSound, FunctionFailed, OverflowError, TypeError, ValueError, RecursionError
            ):
                data = json_codec.encode(raw)
                if json_codec.may_be_deep(data):
                    check_depth(raw)
                return Decoded(spoke, self.engine.sound(spoke, data, checks=checks, closed=True))
        check_depth(raw)
        return self._load(raw, (), spoke, field_validation, checks)

    def unknown(self, spoke: Spoke, raw: Value) -> list[Path]:
        """The fields of a document that a version does not have."""
        return list(self.engine.unknown(spoke, raw))

    def is_broken(self, decoded: Decoded) -> bool:
        """Whether an object breaks rules. Raises `FunctionFailed` where one of them fails on it."""
        return any(self.engine.check(decoded.spoke, decoded.native, "all"))

    def _decode_fast(
        self,
        data: bytes,
        expected: Spoke | None,
        field_validation: FieldValidation,
        checks: Checks,
    ) -> Decoded | None:
        """The object, if the engine decodes its bytes and there is nothing to say about it."""
        strict = field_validation != "Ignore"
        spoke = expected or self._heads.spoke(data)
        if spoke is None or len(data) > LIMIT:
            return None
        try:
            closed = strict or spoke.closed
            native = self.engine.sound(spoke, data, checks=checks, closed=closed)
        except (NotSound, FunctionFailed):
            return None
        if strict and json_codec.duplicate_keys(data):
            return None
        return Decoded(spoke, native)

    def _parse(
        self, data: bytes, format: Format, field_validation: FieldValidation
    ) -> tuple[Any, Iterable[Path]]:
        if format == "yaml":
            from kconv._codec import yaml as yaml_codec  # as in `encode`

            documents = yaml_codec.decode_all_with_duplicates(data)
            if len(documents) != 1:
                raise DecodeError(f"expected one YAML document, found {len(documents)}")
            return documents[0]
        raw = json_codec.decode(data)
        return raw, () if field_validation == "Ignore" else json_codec.duplicate_keys(data)

    def _load(
        self,
        raw: Value,
        duplicates: Iterable[Path],
        expected: Spoke | None,
        field_validation: FieldValidation,
        checks: Checks,
    ) -> Decoded:
        spoke = spoke_of(self.scheme, raw, expected)
        document = spoke.kind.document
        extras: list[Extra] = []
        if document is not None:
            raw, extras = taken_apart(spoke.schema, raw, document)
        warnings: tuple[str, ...] = ()
        if field_validation != "Ignore" or spoke.closed:
            undeclared = list(self.engine.unknown(spoke, raw))
            unknown = [f'unknown field "{format_path(path)}"' for path in undeclared]
            warnings = (*unknown, *_repeated(duplicates, undeclared))
            if (warnings and field_validation == "Strict") or (unknown and spoke.closed):
                message = f"strict decoding error: {', '.join(warnings)}"
                raise StrictDecodeError(cannot_handle(spoke, message), about=ref_of(spoke, raw))
        try:
            native = self._sound_or_refused(spoke, raw, checks)
        except InvalidObject as error:
            error.warnings = warnings
            raise
        except FunctionFailed as error:
            raise failed_on(error, spoke, raw) from error.__cause__
        if extras:
            value = copy.deepcopy(Decoded(spoke, native).value)
            native = put_together(spoke.schema, value, extras)
        return Decoded(spoke, native, warnings)

    def _sound_or_refused(self, spoke: Spoke, raw: Value, checks: Checks) -> Any:
        try:
            return self.engine.sound(spoke, raw, checks=checks, closed=False)
        except NotSound as error:
            refused = error
        decoded = decode_or_refuse(self.engine, spoke, raw, checks)
        return self.engine.accepted(spoke, decoded, refused)


def _repeated(duplicates: Iterable[Path], undeclared: Sequence[Path]) -> list[str]:
    """What is said of repeated keys; of those in fields that are unknown, that is enough."""
    return [
        f'duplicate field "{format_path(path)}"'
        for path in duplicates
        if not any(path[: len(unknown)] == unknown for unknown in undeclared)
    ]


def _json_type(value: Any) -> str:
    names = {list: "array", str: "string", bool: "bool", type(None): "null"}
    return names.get(type(value), "number")
