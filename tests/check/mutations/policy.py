"""What each edit breaks, written down from Kubernetes' policies and not from kconv's rules.

Sources: "Changing the API" (api_changes.md, "On compatibility") and the deprecation policy. True:
such an edit breaks clients, stored objects or conversions of a version that promises stability.
"""

BREAKING = {
    # Fields. "Must not remove or rename fields"; "must not change the type or the meaning".
    "remove a field": True,
    "remove a field of a status": True,
    "rename a field": True,
    "change the type": True,
    "widen int32 to int64": True,
    "narrow int64 to int32": True,
    "turn a value into a list": True,
    "change the type of elements": True,
    "add an optional field": False,
    "add an optional object": False,
    "add a required field": True,
    "add a required field with a default": False,
    "rename a type": False,
    "use one type in another's place": True,
    # Requiredness. "Anything that was optional must stay optional."
    "require a field": True,
    "require a field that has a default": False,
    "no longer require a field": False,
    # Defaults. "Must not change defaults": calls that worked must mean the same.
    "add a default": True,
    "remove a default": True,
    "change a default": True,
    "let empty mean the default": True,
    "change a computed default": True,
    "remove computed defaults": True,
    # Values. "Adding a value to an enumerated set is not a compatible change."
    "remove a value of an enumeration": True,
    "add a value to an enumeration": True,
    "enumerate an open string": True,
    "open an enumeration": True,
    "declare an enumeration open": False,
    # Validation. It may be loosened with care, not tightened.
    "add a minimum": True,
    "raise a minimum": True,
    "lower a minimum": False,
    "remove a minimum": False,
    "add a maximum": True,
    "add a maximum length": True,
    "add a minimum number of items": True,
    "add a pattern": True,
    "refuse duplicates": True,
    "allow duplicates": False,
    "add a validator": True,
    "remove a pattern": False,
    "remove a validator": False,
    "add a rule of the group": True,
    "remove a rule of the group": False,
    # Merging. List types, keys and strategies are part of the contract of apply and patch.
    "change a list type": True,
    "change the keys of a map list": True,
    "change a merge key": True,
    "drop a patch strategy": True,
    "make an object atomic": True,
    # Kinds.
    "change the plural": True,
    "change the scope": True,
    "remove the subresource status": True,
    "add a subresource": False,
    "remove a short name": False,
    "add a short name": False,
    "remove a category": False,
    "remove a printer column": False,
    "deprecate a kind": False,
    "remove a kind": True,
    "add a kind": False,
    "attach a kind to another hub": True,
    # Conversions. "Round trips between the versions of a release must be lossless."
    "acknowledge a loss": True,
    "stop keeping a field": True,
    "keep a field in another annotation": True,
    "drop a conversion rule": True,
    "convert a field otherwise": True,
    "add a field that an older version loses": True,
    # Documents. What is stored must mean the same, and stay readable.
    "make nulls absent": True,
    "drop unknown fields": True,
    "keep unknown fields": False,
    # Versions. Stable ones stay; beta ones go when they said; what is stored must be readable.
    "remove a stable version": True,
    "remove a beta version that was not deprecated": True,
    "remove a beta version before its time": True,
    "remove a beta version in its time": False,
    "remove an alpha version": False,
    "remove the storage version": True,
    "add a version": False,
    "prefer a beta version": True,
    "store a beta version": True,
    "store an alpha version": True,
    "store another stable version": False,
}

ALL_LEVELS = frozenset(["acknowledge a loss", "store an alpha version"])
"""Edits that break whatever the level: rule 2 of the deprecation policy exempts none from round
trips, and rule 4b lets the storage version advance only, never fall back."""


def is_breaking(family: str, level: str) -> bool:
    """Whether an edit breaks a version of a level: alpha promises nothing for itself."""
    return BREAKING[family] and (level != "alpha" or family in ALL_LEVELS)
