"""Strategic merge patch: a merge that knows which lists are keyed and which are sets.

Semantics of ``k8s.io/apimachinery/pkg/util/strategicpatch``, directives included: ``$patch:
replace | delete | merge``, ``$deleteFromPrimitiveList/<field>``, ``$setElementOrder/<field>`` and
``$retainKeys``.
"""

from __future__ import annotations

import copy
from typing import Any

from kconv._paths import quote
from kconv._schema import Type
from kconv._serve.patch.order import in_set_order
from kconv._serve.patch.shapes import Shape
from kconv._serve.status import Refusal, bad_request

DIRECTIVE = "$patch"
DELETE_FROM = "$deleteFromPrimitiveList/"
SET_ORDER = "$setElementOrder/"
RETAIN = "$retainKeys"


def strategic_merge(value: dict[str, Any], patch: dict[str, Any], schema: type[Type]) -> Any:
    """An object of type ``schema`` with a strategic merge patch applied.

    Raises `kconv._serve.status.Refusal` (400, or 422 for lists of lists) for a patch whose
    directives or lists do not fit the type.
    """
    return _merge_object(copy.deepcopy(value), patch, Shape.of_type(schema))


def _merge_object(value: dict[str, Any], patch: dict[str, Any], shape: Shape) -> dict[str, Any]:
    directive = patch.get(DIRECTIVE)
    if directive == "replace":
        return {key: clean(item) for key, item in patch.items() if not _is_directive(key, item)}
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise bad_request(f"unknown patch type found: {quote(directive)}")
    if RETAIN in patch:
        value = _retain(value, patch)
    for key, change in patch.items():
        if key in (DIRECTIVE, RETAIN) or key.startswith((DELETE_FROM, SET_ORDER)):
            continue
        if change is None:
            value.pop(key, None)
        else:
            merged = _merge_member(value.get(key), change, shape.child(key), _order(patch, key))
            value[key] = merged
    for key, change in patch.items():
        if key.startswith(DELETE_FROM):
            _delete_from(value, key.removeprefix(DELETE_FROM), change)
        elif key.startswith(SET_ORDER):
            _reorder(value, key.removeprefix(SET_ORDER), change, patch, shape)
    return value


def _merge_member(current: Any, change: Any, shape: Shape, order: list[Any] | None) -> Any:
    if isinstance(change, dict):
        # An absent or non-object value merges like an empty one, so directives are still obeyed.
        base = current if isinstance(current, dict) else {}
        return _merge_object(base, change, shape)
    if isinstance(change, list):
        if shape.merges and isinstance(current, list):
            return _merge_list(current, change, shape, order)
        if shape.merges and shape.merge_key:
            return _merge_list([], change, shape, order)
        if change and isinstance(change[0], dict) and change[0] == {DIRECTIVE: "replace"}:
            return clean(change[1:])
        return clean(change)
    return change


def _merge_list(
    current: list[Any], change: list[Any], shape: Shape, order: list[Any] | None
) -> list[Any]:
    if any(isinstance(item, list) for item in (*current, *change)):
        raise Refusal("Invalid", "lists of lists are not supported", details={})
    key = shape.merge_key
    if not key:
        return [*current, *(item for item in change if item not in current)]
    if any(isinstance(item, dict) and item.get(DIRECTIVE) == "replace" for item in change):
        return [
            clean(item) for item in change if not (isinstance(item, dict) and DIRECTIVE in item)
        ]
    merged = list(current)
    added: list[Any] = []
    for item in change:
        if not isinstance(item, dict) or key not in item:
            raise bad_request(f"map: {quote(item)} does not contain declared merge key: {key}")
        place = next((at for at, old in enumerate(merged) if _key(old, key) == item[key]), None)
        directive = item.get(DIRECTIVE)
        if directive == "delete":
            merged = [old for old in merged if _key(old, key) != item[key]]
        elif directive is not None:
            raise bad_request(f"unknown patch type found: {quote(directive)}")
        elif place is None:
            added.append(_merge_object({}, item, shape.element()))
        else:
            merged[place] = _merge_object(merged[place], item, shape.element())
    if order is not None:
        return [*merged, *added]
    return _patch_first(merged, added, change, key)


def _patch_first(merged: list[Any], added: list[Any], change: list[Any], key: str) -> list[Any]:
    """Without an explicit order: those of the patch in its order, others where they were.

    Kubernetes orders by the patch, then lets what only the server has follow the neighbour it
    had; new elements therefore come before existing ones that the patch does not name.
    """
    names = [item[key] for item in change if item.get(DIRECTIVE) != "delete"]
    both = [*merged, *added]
    return in_set_order(both, names, lambda item: _key(item, key), [_key(m, key) for m in merged])


def _retain(value: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    keep = patch[RETAIN]
    if not isinstance(keep, list):
        raise bad_request("invalid patch format of retainKeys")
    for key, change in patch.items():
        if not key.startswith("$") and change is not None and key not in keep:
            raise bad_request("invalid patch format of retainKeys")
    return {key: item for key, item in value.items() if key in keep}


def _delete_from(value: dict[str, Any], name: str, gone: Any) -> None:
    if not isinstance(gone, list):
        raise bad_request("invalid patch format of primitive list")
    if isinstance(value.get(name), list):
        value[name] = [item for item in value[name] if item not in gone]


def _order(patch: dict[str, Any], name: str) -> list[Any] | None:
    order = patch.get(f"{SET_ORDER}{name}")
    if order is not None and not isinstance(order, list):
        raise bad_request("invalid patch format of setElementOrder list")
    return order


def _reorder(
    value: dict[str, Any], name: str, order: Any, patch: dict[str, Any], shape: Shape
) -> None:
    if not isinstance(order, list):
        raise bad_request("invalid patch format of setElementOrder list")
    items = value.get(name)
    if not isinstance(items, list):
        return
    key = shape.child(name).merge_key
    if key:
        if any(not isinstance(item, dict) or key not in item for item in order):
            raise bad_request("invalid patch format of setElementOrder list")
        names = [item[key] for item in order]
    else:
        names = order
    listed = patch.get(name)
    for item in listed if isinstance(listed, list) else ():
        live = not (isinstance(item, dict) and DIRECTIVE in item)
        if live and _key(item, key) not in names:
            raise bad_request(
                f"The order in patch list:\n{quote(listed)}\n doesn't match {SET_ORDER} list:\n"
                f"{quote(order)}\n"
            )
    before = [_key(item, key) for item in items]
    value[name] = in_set_order(items, names, lambda item: _key(item, key), before)


def _key(item: Any, key: str) -> Any:
    return item.get(key) if key and isinstance(item, dict) else item


def clean(value: Any) -> Any:
    """A value of a patch that is taken as it is: without directives and nulls."""
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items() if not _is_directive(key, item)}
    if isinstance(value, list):
        return [clean(item) for item in value if not _is_deletion(item)]
    return copy.deepcopy(value)


def _is_directive(key: str, item: Any) -> bool:
    """Whether a member of a patch is not there once it is applied: a directive, or a null."""
    return item is None or key in (DIRECTIVE, RETAIN) or key.startswith((DELETE_FROM, SET_ORDER))


def _is_deletion(item: Any) -> bool:
    return isinstance(item, dict) and item.get(DIRECTIVE) == "delete"
