"""What is wrong with a document, all of it at once: the plain engine decodes and judges it."""

from __future__ import annotations

import copy
from typing import Any

from kconv._errors import DecodeError, FunctionFailed, InvalidObject, ObjectRef
from kconv._paths import REQUIRED, Finding, Path, describe
from kconv._pipeline.engine import Engine, WrongTypes
from kconv._pipeline.plain import nests_too_deep
from kconv._pipeline.values import Checks, Value, ref_of
from kconv._scheme import Spoke
from kconv.fields._base import reading_stored


def decode_or_refuse(engine: Engine, spoke: Spoke, raw: Value, checks: Checks) -> Value:
    """The document decoded by the plain engine.

    Raises `DecodeError` and `InvalidObject`, which name all that is wrong with it.
    """
    try:
        with reading_stored(checks == "types"):
            value = engine.decode(spoke, raw)
    except WrongTypes as error:
        findings = [*error.findings, *_rest(engine, spoke, raw, error.findings, checks)]
        message = cannot_handle(spoke, describe(findings))
        raise DecodeError(message, about=ref_of(spoke, raw), findings=findings) from None
    try:
        findings = list(engine.check(spoke, value, checks))
    except RecursionError:
        raise nests_too_deep() from None
    if findings:
        raise invalid_object(spoke, ref_of(spoke, value), findings)
    return value


def failed_on(error: FunctionFailed, spoke: Spoke, raw: Any) -> FunctionFailed:
    """The error of a function that failed on a document, which it did not know."""
    if error.about is not None:
        return error
    about = ref_of(spoke, raw)
    return FunctionFailed(f"{about}: {error.message}", about=about, findings=error.findings)


def _rest(
    engine: Engine, spoke: Spoke, raw: Value, wrong: list[Finding], checks: Checks
) -> list[Finding]:
    """What else is wrong with a document, once its fields of wrong types are set aside."""
    pruned = copy.deepcopy(raw)
    paths = [finding.path for finding in wrong]
    for path in sorted(paths, key=len, reverse=True):
        _remove(pruned, path)
    try:
        value = engine.decode(spoke, pruned)
    except WrongTypes:
        return []
    found = engine.check(spoke, value, checks)
    return [each for each in found if not (each.reason == REQUIRED and each.path in paths)]


def _remove(value: Any, path: Path) -> None:
    """Take a field out of a document; an element of a list becomes null, so the rest stays put."""
    for step in path[:-1]:
        value = value[step]
    if path and isinstance(value, dict):
        value.pop(path[-1], None)
    elif path:
        value[path[-1]] = None


def invalid_object(spoke: Spoke, ref: ObjectRef, findings: list[Finding]) -> InvalidObject:
    """The error of an object that breaks rules, worded as Kubernetes words it."""
    if not spoke.envelope:
        message = f"{ref} is invalid: {describe(findings)}"
        return InvalidObject(message, about=ref, findings=findings)
    group_kind = f"{spoke.gvk.kind}.{spoke.gvk.group}" if spoke.gvk.group else spoke.gvk.kind
    message = f'{group_kind} "{ref.name}" is invalid: {describe(findings)}'
    return InvalidObject(message, about=ref, findings=findings)


def cannot_handle(spoke: Spoke, why: str) -> str:
    """The words for an object that does not decode."""
    gvk = spoke.gvk
    return f'{gvk.kind} in version "{gvk.version}" cannot be handled as a {gvk.kind}: {why}'
