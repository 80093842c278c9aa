"""`Objects`: typed objects of the versions of a scheme, from bytes and decoded values, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from kconv._codec.limits import LIMIT, check_depth
from kconv._compile import (
    OBJECTS,
    Refused,
    Types,
    checker,
    decoder,
    is_wholly_plain,
    nests_endlessly,
)
from kconv._errors import KconvError
from kconv._pipeline.loose import NULL, Loose
from kconv._pipeline.values import Checks, Decoded
from kconv._schema import TypedObject, revived, to_dict
from kconv._scheme import Spoke

if TYPE_CHECKING:
    from kconv._document import Document
    from kconv._pipeline.pipeline import Pipeline
    from kconv._resource import Resource

VersionT = TypeVar("VersionT", bound="Resource | Document")

_encode = msgspec.json.Encoder().encode

_REFUSED = (msgspec.MsgspecError, Refused, KconvError, UnicodeError, RecursionError)


class Objects:
    """Typed objects, whose fields are attributes, of the versions in a pipeline's scheme.

    Bytes of the version that is asked for are decoded to its objects at once; what that refuses,
    and what is in another version, goes through the pipeline.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        settled = Types(canonical=True, form=OBJECTS)
        self._types = {
            (trusted, closed): Types(
                rules=not trusted, closed=closed, finish=True, settled=settled, form=OBJECTS
            )
            for trusted in (False, True)
            for closed in (False, True)
        }
        self._bare = Types(form=OBJECTS)
        self._readers: dict[tuple[type[Any], Checks], Callable[[bytes], Any]] = {}
        self._stored: dict[tuple[type[Any], Spoke], Callable[[bytes], Any]] = {}
        self._makers: dict[Spoke, Callable[[bytes], Any] | None] = {}

    def spoke(self, version: type[VersionT]) -> Spoke:
        """The version that a class declares. Raises `NotRegistered`."""
        of = cast("type[Resource] | type[Document]", version)
        return self._pipeline.scheme.spoke_of_schema(of)

    def read(
        self,
        version: type[VersionT],
        data: bytes,
        *,
        of: type[Resource] | type[Document] | None = None,
        trusted: bool = False,
        checks: Checks = "all",
    ) -> VersionT:
        """The object that JSON says, in a version of its kind.

        It may be in another version; documents do not tell in which, so it is the one that is asked
        for unless ``of`` names another. A ``trusted`` object was valid when it was stored.

        Raises what `Pipeline.decode` raises, `UsageError` if the kind has no such version, and
        `ConversionError`.
        """
        if trusted:
            checks = "types"
        if of is None:
            read = self._readers.get((version, checks))
            found: VersionT | None = (read or self._reader(version, checks))(data)
            if found is not None:
                return found
        spoke = self.spoke(version)
        source = spoke if of is None else self.spoke(of)
        known = source if of is not None or not spoke.envelope else None
        decoded = self._pipeline.decode(data, spoke=known, trusted=trusted, checks=checks)
        if decoded.spoke is not spoke:
            decoded = self._pipeline.convert_decoded(decoded, spoke.group_version)
        return cast("VersionT", self.made(decoded))

    def stored(self, version: type[VersionT], data: bytes, source: Spoke) -> VersionT:
        """The object that stored JSON of ``source``, a version of the same kind, is in a version.

        Stored objects are not judged again. Raises `DecodeError` and `ConversionError`.
        """
        read = self._stored.get((version, source)) or self._stored_reader(version, source)
        found: VersionT | None = read(data)
        return (
            found if found is not None else self.read(version, data, of=source.schema, trusted=True)
        )

    def _stored_reader(self, version: type[Any], source: Spoke) -> Callable[[bytes], Any]:
        self._stored[version, source] = read = self._made_stored_reader(version, source)
        return read

    def _made_stored_reader(self, version: type[Any], source: Spoke) -> Callable[[bytes], Any]:
        spoke = self.spoke(version)
        if spoke is source:
            return self._reader(version, "types")
        if is_wholly_plain(spoke.schema) or is_wholly_plain(source.schema):
            return _nothing
        from kconv._pipeline.compiled import same_shape  # which loads after this

        if same_shape(source, spoke) and spoke.envelope:
            return self._made_reader(spoke, "types", source)
        convert, make, to = self._pipeline.convert, self._maker(spoke), spoke.group_version
        if make is None or spoke.keeps_null:
            return _nothing

        def read(data: bytes) -> Any:
            return make(convert(data, to, spoke=source, trusted=True))

        return read

    def made(self, decoded: Decoded) -> Any:
        """The object that a decoded value is."""
        spoke = decoded.spoke
        native = decoded.native
        if not isinstance(native, Loose | dict):
            make = self._makers.get(spoke, _unknown)
            if make is _unknown:
                make = self._maker(spoke)
            if make is not None:
                data = _encode(native)
                if not (spoke.keeps_null and NULL in data):
                    return make(data)
        return revived(spoke.schema, self._pipeline.dump(decoded), keep=_keeps(spoke))

    def written(self, value: Resource | Document) -> bytes:
        """The JSON of an object as it is, not judged and without further defaults.

        Raises `NotRegistered` for what is no object of a version here.
        """
        spoke = self.spoke_of(value)
        if _keeps(spoke):
            return _encode(to_dict(value))
        return _encode(value)

    def decoded(self, value: Resource | Document, *, checks: Checks = "all") -> Decoded:
        """An object as a decoded value: judged, in canonical spelling, with all its defaults.

        Raises what `Pipeline.decode` raises, and `NotRegistered`.
        """
        return self._pipeline.decode(self.written(value), spoke=self.spoke_of(value), checks=checks)

    def spoke_of(self, value: object) -> Spoke:
        """The version of which a value is an object. Raises `NotRegistered`."""
        if not isinstance(value, TypedObject):
            raise TypeError(f"{value!r} is no typed object")
        return self.spoke(cast("type[Resource]", value.__type__))

    def _reader(self, version: type[Any], checks: Checks) -> Callable[[bytes], Any]:
        found = self._readers[version, checks] = self._made_reader(self.spoke(version), checks)
        return found

    def _made_reader(
        self, spoke: Spoke, checks: Checks, source: Spoke | None = None
    ) -> Callable[[bytes], Any]:
        """``source`` is another version, of the same shape, that the JSON is in."""
        if is_wholly_plain(spoke.schema):
            return _nothing
        types = self._types[checks == "types", spoke.closed]
        decode: Callable[[bytes], Any] = decoder(types.struct(spoke.schema))
        if nests_endlessly(spoke.schema):
            decode = _bounded(decode)
        check = None
        if checks != "types":
            check, _ = checker(spoke.schema, added=checks == "all", form=OBJECTS)
        envelope, null = spoke.envelope, spoke.keeps_null
        said = source or spoke
        kind, api_version = said.options.kind, said.api_version

        def read(data: bytes) -> Any:
            if len(data) > LIMIT or (null and NULL in data):
                return None
            try:
                value = decode(data)
                if envelope and (value.kind != kind or value.apiVersion != api_version):
                    return None
                if check is not None:
                    check(value)
            except _REFUSED:
                # The pipeline says what is wrong, or what the object means.
                return None
            if source is not None:
                value.kind, value.apiVersion = spoke.options.kind, spoke.api_version
            return value

        return read

    def _maker(self, spoke: Spoke) -> Callable[[bytes], Any] | None:
        plain = is_wholly_plain(spoke.schema)
        make = None if plain else decoder(self._bare.struct(spoke.schema))
        self._makers[spoke] = make
        return make


def _keeps(spoke: Spoke) -> bool:
    """Whether objects keep nulls, or fields that are not declared."""
    return spoke.keeps_null or spoke.closed


def _unknown(data: bytes) -> Any:
    raise AssertionError("stands for no maker")


def _nothing(data: bytes) -> Any:
    return None


def _bounded(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def bounded(data: bytes) -> Any:
        check_depth(msgspec.json.decode(data))
        return decode(data)

    return bounded
