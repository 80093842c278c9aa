"""One base class for every error that kconv raises on purpose.

An error says what went wrong in words for a person, in a stable CamelCase ``reason`` for
programs (Kubernetes' own ``StatusReason`` where there is one), which object it is about, and
every offending field at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol


def shortened(text: str, limit: int) -> str:
    """A text for people, cut where it goes beyond ``limit`` characters."""
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


class Problem(Protocol):
    """What an error lists for each offending field; `kconv._paths.Finding` is one."""

    @property
    def path(self) -> tuple[str | int, ...]:
        """Where the field is."""

    @property
    def reason(self) -> str:
        """The machine-readable cause."""

    @property
    def message(self) -> str:
        """What is wrong, for people."""


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """Which object an error is about; a part that is not known is the empty string."""

    group: str = ""
    version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        api_version = f"{self.group}/{self.version}" if self.group else self.version
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return " ".join(part for part in (api_version, self.kind, name) if part)


MESSAGE_LIMIT = 16_384
"""Characters that a message may have, whatever the input that it quotes."""


class KconvError(Exception):
    """Base of all errors of kconv.

    ``message`` says what is wrong and, where there is something to do, what; ``about`` names the
    object; ``findings`` lists every offending field. ``exit_code`` is what the command line ends
    with: 1 the check failed, 2 wrong usage, 3 the environment failed.
    """

    reason: str = "InternalError"
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        about: ObjectRef | None = None,
        findings: Sequence[Problem] = (),
    ) -> None:
        message = shortened(message, MESSAGE_LIMIT)
        super().__init__(message)
        self.message = message
        self.about = about
        self.findings: tuple[Problem, ...] = tuple(findings)


class UsageError(KconvError):
    """The command or call itself is wrong: an unknown option value, file or version."""

    reason = "BadRequest"
    exit_code = 2


class DecodeError(KconvError):
    """Bytes that are not a well-formed document or name no apiVersion and kind."""

    reason = "BadRequest"


class StrictDecodeError(DecodeError):
    """Unknown or duplicate fields under ``fieldValidation=Strict``; findings name them all."""


class TooLarge(DecodeError):
    """A body over the size limit, or one that nests or expands beyond what is sane."""

    reason = "RequestEntityTooLarge"


class InvalidObject(KconvError):
    """An object that was read but breaks its schema; findings name every field at once.

    ``warnings`` are what was said about its fields while it was read: unknown and repeated ones.
    """

    reason = "Invalid"
    warnings: tuple[str, ...] = ()


class NotRegistered(KconvError):
    """A group, version, kind or resource that no loaded API package declares."""

    reason = "NotFound"


class SchemeError(KconvError):
    """What `Scheme.freeze` refuses: an incomplete or contradictory set of versions."""

    reason = "SchemeInvalid"
    exit_code = 2


class ConversionError(KconvError):
    """A conversion rule could not convert an object that its schema accepts.

    ``announced`` says whether the author of the rule has said beforehand that it refuses such
    values (``refused`` of `kconv.Functions`).
    """

    reason = "ConversionFailed"
    announced: bool = False


class FunctionFailed(KconvError):
    """A function that an API package adds, such as a default or a rule, failed on an object.

    The object decodes, so that the function is at fault; it is named, with what it raised.
    """

    reason = "InternalError"


class StoreError(KconvError):
    """Base of what the store reports."""


class NotFound(StoreError):
    """No object is stored under that key."""

    reason = "NotFound"


class AlreadyExists(StoreError):
    """An object is already stored under that key."""

    reason = "AlreadyExists"


class Conflict(StoreError):
    """The object was written since it was read: read it again and retry."""

    reason = "Conflict"


class ConditionFailed(StoreError):
    """A write relied on another object, which has been written since: look again and retry."""

    reason = "ConditionFailed"


class FutureVersion(StoreError):
    """A resourceVersion that the database has not given out yet."""

    reason = "Timeout"


class Forbidden(KconvError):
    """Understood, and refused: the namespace is terminating, or may not be deleted."""

    reason = "Forbidden"


class TooManyRequests(StoreError):
    """More writes wait than the queue holds; nothing was written: try again in a moment."""

    reason = "TooManyRequests"
    exit_code = 3


class Expired(StoreError):
    """The change log no longer reaches back to that resourceVersion: list again."""

    reason = "Expired"


class CounterReset(Expired):
    """The database went back to an earlier state: nothing that was read before holds any more."""


class VersionNotOnRecord(StoreError):
    """A write in an encoded version that the database's record does not (or no longer) hold."""

    reason = "VersionNotOnRecord"


class CannotDecode(StoreError):
    """The database has a version on record that this release cannot decode: it must not serve."""

    reason = "CannotDecode"
    exit_code = 3


class Unavailable(StoreError):
    """The database cannot be reached, is locked, or refuses to write.

    ``cause`` says which, of the database: "is locked". It names no place, so that a client
    may be told. ``may_be_done`` is of a write of which nobody knows: it is not just made again.
    """

    reason = "ServiceUnavailable"
    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        about: ObjectRef | None = None,
        findings: Sequence[Problem] = (),
        cause: str = "cannot be reached",
        may_be_done: bool = False,
    ) -> None:
        super().__init__(message, about=about, findings=findings)
        self.cause = cause
        self.may_be_done = may_be_done


class Unsupported(StoreError):
    """The database speaks PostgreSQL's protocol, and cannot do what is needed."""

    reason = "Unsupported"
    exit_code = 3


class TimedOut(Unavailable):
    """The database cut a statement short: it took too long, or waited too long for a lock."""


class Denied(Unavailable):
    """The database denies this user the operation: trying again does not help."""


class TablesOutdated(StoreError):
    """The database has no tables of kconv, or those of another release."""

    reason = "TablesOutdated"
    exit_code = 3
