"""Rules of the policies by which jobs fail and succeed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kconv import Finding, Path, invalid, required, too_long, validates
from kconv.names import qualified_name_problems
from kconv_schemas.batch.v1.types import JobSpec
from kconv_schemas.core.names import named

Value = Mapping[str, Any]

LONGEST_INDEXES = 64 * 1024


@validates(JobSpec)
def failure(value: Value) -> Iterator[Finding]:
    """Rules about failures look at one thing each, about containers that there are."""
    policy = value.get("podFailurePolicy")
    if policy is None:
        return
    pod = (value.get("template") or {}).get("spec") or {}
    containers = {
        each.get("name")
        for where in ("containers", "initContainers")
        for each in pod.get(where) or ()
    }
    for index, rule in enumerate(policy.get("rules") or ()):
        path: Path = ("podFailurePolicy", "rules", index)
        if rule.get("action") == "FailIndex" and value.get("backoffLimitPerIndex") is None:
            message = "requires the backoffLimitPerIndex to be set"
            yield invalid((*path, "action"), rule["action"], message)
        codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions") or ()
        if codes is not None:
            yield from _exit_codes(codes, (*path, "onExitCodes"), containers)
        for number, condition in enumerate(conditions):
            if condition.get("type"):
                name = (*path, "onPodConditions", number, "type")
                yield from named(name, condition["type"], qualified_name_problems)
        if codes is not None and conditions:
            message = "specifying both OnExitCodes and OnPodConditions is not supported"
            yield Finding(path, "FieldValueInvalid", f"Invalid value: {message}")
        if codes is None and not conditions:
            message = "specifying one of OnExitCodes and OnPodConditions is required"
            yield Finding(path, "FieldValueInvalid", f"Invalid value: {message}")


def _exit_codes(value: Value, path: Path, containers: set[Any]) -> Iterator[Finding]:
    container, values = value.get("containerName"), value.get("values") or ()
    if container is not None and container not in containers:
        message = "must be one of the container or initContainer names in the pod template"
        yield invalid((*path, "containerName"), container, message)
    at = (*path, "values")
    if not values:
        yield invalid(at, list(values), "at least one value is required")
    for index, code in enumerate(values):
        if value.get("operator") == "In" and code == 0:
            yield invalid((*at, index), code, "must not be 0 for the In operator")
    if list(values) != sorted(values):
        yield invalid(at, list(values), "must be ordered")


class BadIndexes(ValueError):
    """A list of indexes that cannot be read; its text says why."""


@validates(JobSpec)
def success(value: Value) -> Iterator[Finding]:
    """A job that succeeds early says with how many of its indexes, or with which."""
    policy, at = value.get("successPolicy"), ("successPolicy",)
    if policy is None:
        return
    if value.get("completionMode") != "Indexed":
        yield invalid(at, dict(policy), "requires indexed completion mode")
        return
    completions = value.get("completions")
    if completions is not None:
        for index, rule in enumerate(policy.get("rules") or ()):
            yield from _succeeds(rule, (*at, "rules", index), completions)


def _succeeds(rule: Value, path: Path, completions: int) -> Iterator[Finding]:
    count, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
    if count is None and indexes is None:
        message = "at least one of succeededCount or succeededIndexes must be specified"
        yield required(path, message)
    listed = 0
    if indexes is not None:
        at = (*path, "succeededIndexes")
        if len(indexes) > LONGEST_INDEXES:
            yield too_long(at, LONGEST_INDEXES)
        try:
            listed = count_indexes(indexes, completions)
        except BadIndexes as error:
            yield invalid(at, indexes, f"error parsing succeededIndexes: {error}")
    if count is None:
        return
    at = (*path, "succeededCount")
    if count > completions:
        of = "the number of specified completions"
        yield invalid(at, count, f"must be less than or equal to {completions} ({of})")
    if indexes is not None and count > listed:
        of = "the number of indexes in the specified succeededIndexes field"
        yield invalid(at, count, f"must be less than or equal to {listed} ({of})")


def count_indexes(text: str, completions: int) -> int:
    """How many indexes a text such as ``1,3-5`` lists. Raises `BadIndexes`."""
    total, last = 0, -1
    for part in text.split(",") if text else ():
        ends = part.split("-")
        if len(ends) > 2:
            raise BadIndexes(
                f'the fragment "{part}" violates the requirement that an index interval can have '
                "at most two parts separated by '-'"
            )
        numbers = [_index(end, completions) for end in ends]
        first, final = numbers[0], numbers[-1]
        if len(numbers) == 2 and first >= final:
            raise BadIndexes(f"non-increasing order, previous: {first}, current: {final}")
        if last >= first:
            raise BadIndexes(f"non-increasing order, previous: {last}, current: {first}")
        total, last = total + final - first + 1, final
    return total


def _index(text: str, completions: int) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise BadIndexes(f'cannot convert string to integer for index: "{text}"')
    if int(text) >= completions:
        raise BadIndexes(f'too large index: "{text}"')
    return int(text)
