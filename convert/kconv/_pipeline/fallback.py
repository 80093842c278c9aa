"""`Fallbacks`: sound objects that the compiled engine did not take, counted and named.

The plain engine gives the right answer for them, some fifty times as slowly. That must be seen: it
is counted by kind, logged once for each, and fails in tests.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from kconv._errors import KconvError, ObjectRef
from kconv._scheme import Spoke

VARIABLE = "KCONV_ENGINE_FALLBACK"
"""The environment variable that makes a fallback an error if it is ``raise``."""


class EngineFault(KconvError):
    """The compiled engine failed on a sound object, which the plain one decodes or converts.

    Raised where ``KCONV_ENGINE_FALLBACK=raise`` is set and in the tests of `kconv.testing`;
    elsewhere it is logged and counted, and the plain engine answers.
    """


class Fallbacks:
    """How often the plain engine had to do the compiled engine's work, by kind."""

    def __init__(self) -> None:
        self.strict = False
        """Whether one is an error, whatever the environment says."""
        self._counts: dict[str, int] = {}
        self._reasons: dict[str, str] = {}

    def record(self, spoke: Spoke, why: str, fault: BaseException | None = None) -> None:
        """Count an object of a spoke; ``why`` the compiled engine did not take it.

        Raises `EngineFault` where fallbacks are errors.
        """
        kind = str(spoke.gvk)
        if self.strict or os.environ.get(VARIABLE) == "raise":
            message = f"{kind}: the compiled engine does not take a sound object: {why}"
            gvk = spoke.gvk
            raise EngineFault(message, about=ObjectRef(gvk.group, gvk.version, gvk.kind)) from fault
        if kind not in self._counts:
            self._reasons[kind] = why
            import logging  # who converts a few files never needs it

            logging.getLogger("kconv.engine").warning(
                "%s: the compiled engine does not take a sound object, which makes it slow: %s",
                kind, why, exc_info=fault,
            )  # fmt: skip
        self._counts[kind] = self._counts.get(kind, 0) + 1

    @property
    def counts(self) -> Mapping[str, int]:
        """How often, by group, version and kind; a fault may count more than once for an object."""
        return self._counts

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why the first of each was not taken."""
        return self._reasons
