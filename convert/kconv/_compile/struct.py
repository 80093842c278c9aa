"""`Struct`: the compiled value of a type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec


class Struct(msgspec.Struct):
    """Base of all compiled types.

    Attributes are called as in the YAML, but where Python does not allow that: ``__attributes__``
    has the attribute of each field by its name. An absent field is ``msgspec.UNSET``. Functions of
    API packages never see one, but those that are `kconv._compile.structural`: they get dicts.
    """

    __attributes__: ClassVar[Mapping[str, str]] = {}
