"""Strategic merge patch: a merge that knows which lists are keyed and which are sets.

Semantics of ``k8s.io/apimachinery/pkg/util/strategicpatch``, directives included: ``$patch:
replace | delete``, ``$deleteFromPrimitiveList/<field>``, ``$setElementOrder/<field>`` and
``$retainKeys``.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from kconv._paths import quote
from kconv._schema import Type
from kconv._verbs.patches.merged_order import in_merged_order
from kconv._verbs.patches.shapes import Shape
from kconv._verbs.refusal import Refusal, bad_request

DIRECTIVE = "$patch"
DELETE_FROM = "$deleteFromPrimitiveList/"
SET_ORDER = "$setElementOrder/"
RETAIN = "$retainKeys"

_ABSENT = object()


def strategic_merge(value: dict[str, Any], patch: dict[str, Any], schema: type[Type]) -> Any:
    """An object of type ``schema`` with a strategic merge patch applied.

    Raises `kconv._verbs.refusal.Refusal` (400, or 422 for lists of lists) for a patch whose
    directives or lists do not fit the type.
    """
    return _merge_object(copy.deepcopy(value), patch, Shape.of_type(schema))


def _merge_object(value: dict[str, Any], patch: dict[str, Any], shape: Shape) -> dict[str, Any]:
    if DIRECTIVE in patch:
        return _directed(patch)
    if RETAIN in patch:
        value = _retain(value, patch)
    ordered = {key.removeprefix(SET_ORDER) for key in patch if key.startswith(SET_ORDER)}
    for name in ordered:
        _merge_in_order(value, name, patch, shape.child(name))
    for key, change in patch.items():
        if key.startswith(DELETE_FROM):
            _delete_from(value, key.removeprefix(DELETE_FROM), change)
        elif key not in ordered and not _is_directive(key):
            if change is None:
                value.pop(key, None)
            else:
                _merge_member(value, key, change, shape.child(key))
    return value


def _merge_member(value: dict[str, Any], key: str, change: Any, shape: Shape) -> None:
    current = value.get(key, _ABSENT)
    if isinstance(current, dict) and isinstance(change, dict):
        if "replace" in shape.strategies:
            value[key] = clean(change)
        else:
            value[key] = _merge_object(current, change, shape)
    elif isinstance(current, list) and isinstance(change, list):
        # One that is as it is wanted already stays, even where it has something twice.
        if current != change or any(map(_has_directive, change)):
            value[key] = _merge_list(current, change, shape)
    elif _has_directive(change):
        # There is nothing to delete or to replace.
        value.pop(key, None)
    else:
        value[key] = clean(change)


def _merge_list(current: list[Any], change: list[Any], shape: Shape) -> list[Any]:
    """Two lists as their field says: merged by key, as a set, or the patch's in place of ours."""
    if not shape.merges:
        return clean_list(change)
    _check_elements([*current, *change])
    key = shape.merge_key
    if not key:
        merged = _distinct([*current, *change])
        return in_merged_order(merged, change, current, _token)
    merged, wanted, before = _merge_elements(current, change, shape)
    return in_merged_order(merged, wanted, before, lambda item: _token(item.get(key)))


def _merge_elements(
    current: list[Any], change: list[Any], shape: Shape
) -> tuple[list[Any], list[Any], list[Any]]:
    """The elements of a keyed list, what gives them their order, and the order of the others."""
    key = shape.merge_key
    before = list(current)
    wanted: list[dict[str, Any]] = []
    replaces = False
    for item in change:
        if not isinstance(item, dict):
            raise bad_request(f"list element types are not identical: {quote(change)}")
        directive = item.get(DIRECTIVE, _ABSENT)
        if directive == "replace":
            replaces = True
            continue
        name = _name(item, key)
        if directive is _ABSENT:
            wanted.append(item)
        elif directive == "delete":
            before = [each for each in before if _token(each.get(key)) != name]
        else:
            raise _bad_directive(directive)
    if replaces:
        elements = clean_list(wanted)
        return elements, [], elements
    merged = list(before)
    places: dict[Any, int] = {}
    for at, each in enumerate(merged):
        places.setdefault(_token(each.get(key)), at)
    for item in wanted:
        name = _name(item, key)
        if name in places:
            at = places[name]
            merged[at] = _merge_object(merged[at], item, shape.element())
        else:
            places[name] = len(merged)
            merged.append(clean(item))
    return merged, wanted, before


def _merge_in_order(value: dict[str, Any], name: str, patch: dict[str, Any], shape: Shape) -> None:
    """Merge a list, and put it into the order that the patch says explicitly."""
    if name not in patch and name not in value:
        return
    order, change = patch[f"{SET_ORDER}{name}"], patch.get(name, [])
    current = value.get(name, [])
    key = shape.merge_key
    if not all(isinstance(each, list) for each in (order, current, change)):
        raise bad_request("invalid patch format of setElementOrder list")
    _check_order(order, change, key)
    if name not in patch:
        merged = current
    elif name not in value:
        merged = clean_list(change)
    else:
        merged = _merge_list(current, change, shape)
    before = _places_taken(current, change, key)
    name_of = (lambda item: _name(item, key)) if key else _token
    value[name] = in_merged_order(merged, order, before, name_of)


def _places_taken(current: list[Any], change: list[Any], key: str) -> list[Any]:
    """The order on the server, in which new elements have the places of deleted ones.

    So it is in Kubernetes, though nobody may have meant it: it deletes and appends in the list
    that it later takes the order from.
    """
    if not key or not any(map(_has_directive, change)):
        return current
    gone = {_name(item, key) for item in change if item.get(DIRECTIVE) == "delete"}
    left = [item for item in current if _name(item, key) not in gone]
    there = {_name(item, key) for item in left}
    new = [item for item in change if DIRECTIVE not in item and _name(item, key) not in there]
    return [*left, *new][: len(current)]


def _check_order(order: list[Any], change: list[Any], key: str) -> None:
    """The elements of a patch must come in the order that it says."""
    names = [_name(item, key) if key else _token(item) for item in order]
    listed = [item for item in change if not _has_directive(item)]
    remaining = iter(names)
    if names and not all(
        (_name(item, key) if key else _token(item)) in remaining for item in listed
    ):
        raise bad_request(
            f"The order in patch list:\n{quote(change)}\n doesn't match $setElementOrder list:\n"
            f"{quote(order)}\n"
        )


def _check_elements(items: Sequence[Any]) -> None:
    kinds = {type(item) for item in items}
    if list in kinds:
        raise Refusal("Invalid", "lists of lists are not supported", details={})
    if len(kinds) > 1 and dict in kinds:
        raise bad_request(f"list element types are not identical: {quote(list(items))}")


def _retain(value: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    keep = patch[RETAIN]
    if not isinstance(keep, list):
        raise bad_request("invalid patch format of retainKeys")
    for key, change in patch.items():
        if not key.startswith("$") and change is not None and key not in keep:
            raise bad_request("invalid patch format of retainKeys")
    return {key: item for key, item in value.items() if key in keep}


def _delete_from(value: dict[str, Any], name: str, gone: Any) -> None:
    if gone is None:
        value.pop(name, None)
        return
    if not isinstance(gone, list):
        raise bad_request("invalid patch format of primitive list")
    if isinstance(value.get(name), list):
        names = set(map(_token, gone))
        value[name] = [item for item in value[name] if _token(item) not in names]


def _directed(patch: dict[str, Any]) -> dict[str, Any]:
    """What an object of a patch says by its directive."""
    directive = patch[DIRECTIVE]
    if directive == "delete":
        return {}
    if directive == "replace":
        return {key: clean(item) for key, item in patch.items() if not _goes(key, item)}
    raise _bad_directive(directive)


def _bad_directive(directive: Any) -> Refusal:
    return bad_request(f"unknown patch type found: {quote(directive)}")


def _distinct(items: Sequence[Any]) -> list[Any]:
    found: dict[Any, Any] = {}
    for item in items:
        found.setdefault(_token(item), item)
    return list(found.values())


def _name(item: Any, key: str) -> Any:
    """What tells an element from others, which it must have."""
    if not isinstance(item, dict) or key not in item:
        raise bad_request(f"map: {quote(item)} does not contain declared merge key: {key}")
    return _token(item[key])


def _token(value: Any) -> Any:
    """A value as the key of a dict; 1, 1.0 and true are three values."""
    if value is None or isinstance(value, str):
        return value
    return type(value), value if isinstance(value, int | float) else repr(value)


def clean(value: Any) -> Any:
    """A value of a patch that is taken as it is: without directives and nulls."""
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items() if not _goes(key, item)}
    if isinstance(value, list):
        return clean_list(value)
    return copy.deepcopy(value)


def clean_list(value: list[Any]) -> list[Any]:
    """A list of a patch, likewise."""
    return [clean(item) for item in value if not _has_directive(item)]


def _goes(key: str, item: Any) -> bool:
    """Whether a member of a patch is not there once it is applied."""
    return item is None or _is_directive(key) or _has_directive(item)


def _is_directive(key: str) -> bool:
    return key in (DIRECTIVE, RETAIN) or key.startswith((DELETE_FROM, SET_ORDER))


def _has_directive(item: Any) -> bool:
    return isinstance(item, dict) and DIRECTIVE in item
