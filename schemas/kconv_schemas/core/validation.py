"""Rules of core's kinds, as ``pkg/apis/core/validation`` of Kubernetes has them.

Those of pod templates are in `kconv_schemas.core.pods`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kconv import (
    Finding,
    MapKey,
    Path,
    forbidden,
    invalid,
    required,
    too_long,
    validates,
    validates_update,
)
from kconv_schemas.core.events.names import EVENT_NAMES
from kconv_schemas.core.events.v1 import types as events_v1
from kconv_schemas.core.names import config_key, label_name, qualified_name
from kconv_schemas.core.v1.types import ConfigMap, Event, Namespace, Secret

Value = Mapping[str, Any]

LARGEST = 1024 * 1024
"""Bytes that the data of a ConfigMap or Secret may have in all."""

LONGEST_WORD, LONGEST_NOTE = 128, 1024
"""Bytes of what an event says."""

STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")

_FROZEN = "field is immutable when `immutable` is set"
_KEYS_OF_TYPE = {
    "kubernetes.io/basic-auth": ("username", "password"),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
_FILLED = ("kubernetes.io/ssh-auth",)
"""Types of secrets whose keys have data."""
_ACCOUNT = "kubernetes.io/service-account.name"


@validates(Namespace)
def namespace_name(value: Value) -> Iterator[Finding]:
    """The name of a namespace is a DNS label."""
    name = value["metadata"].get("name")
    if name:
        yield from label_name(("metadata", "name"), name)


@validates(Namespace)
def namespace_finalizers(value: Value) -> Iterator[Finding]:
    """What is to be done before a namespace goes is named as finalizers are."""
    path: Path = ("spec", "finalizers")
    for name in (value.get("spec") or {}).get("finalizers") or ():
        yield from qualified_name(path, name)
        if "/" not in name and name not in STANDARD_FINALIZERS:
            message = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid(path, name, message)


def _size(text: str) -> int:
    """How many bytes a base64 text stands for."""
    return len(text) * 3 // 4 - text.count("=", -2)


def _too_long(path: Path) -> Finding:
    return too_long(path, LARGEST)


@validates(ConfigMap)
def config_map(value: Value) -> Iterator[Finding]:
    """Keys are file names, in one of the two maps, and all of it is at most 1 MiB."""
    data, binary = value.get("data") or {}, value.get("binaryData") or {}
    for name, keys in (("data", data), ("binaryData", binary)):
        for key in keys:
            yield from config_key((name, MapKey(key)), key)
            if name == "data" and key in binary:
                message = "duplicate of key present in binaryData"
                yield invalid((name, MapKey(key)), key, message)
    total = sum(len(text.encode()) for text in data.values()) + sum(map(_size, binary.values()))
    if total > LARGEST:
        yield _too_long(())


@validates(Secret)
def secret(value: Value) -> Iterator[Finding]:
    """Keys are file names, all of it is at most 1 MiB, and a type's own keys are there."""
    data, type_ = value.get("data") or {}, value.get("type")
    for key in data:
        yield from config_key(("data", MapKey(key)), key)
    if sum(map(_size, data.values())) > LARGEST:
        yield _too_long(("data",))
    wanted = _KEYS_OF_TYPE.get(str(type_), ())
    missing = [key for key in wanted if not data.get(key) and (key not in data or type_ in _FILLED)]
    if type_ == "kubernetes.io/basic-auth" and len(missing) < len(wanted):
        missing = []
    for key in missing:
        yield required(("data", MapKey(key)))
    if str(type_).startswith("kubernetes.io/dockerc"):
        for key in set(wanted) - set(missing):
            if not _is_json_object(data[key]):
                message = "must be JSON"
                yield invalid(("data", MapKey(key)), "<secret contents redacted>", message)
    annotations = value["metadata"].get("annotations") or {}
    if type_ == "kubernetes.io/service-account-token" and not annotations.get(_ACCOUNT):
        yield required(("metadata", "annotations", _ACCOUNT))


def _is_json_object(text: str) -> bool:
    try:
        value = json.loads(base64.b64decode(text))
    except (ValueError, RecursionError):
        return False
    return value is None or isinstance(value, dict)


@validates_update(ConfigMap)
def frozen_config_map(new: Value, old: Value) -> Iterator[Finding]:
    """An immutable ConfigMap stays as it is."""
    yield from _frozen(new, old, ("data", "binaryData"))


@validates_update(Secret)
def frozen_secret(new: Value, old: Value) -> Iterator[Finding]:
    """The type of a secret stays as it is, and all of an immutable one."""
    if new.get("type") != old.get("type"):
        yield invalid(("type",), new.get("type"), "field is immutable")
    yield from _frozen(new, old, ("data",))


def _frozen(new: Value, old: Value, names: tuple[str, ...]) -> Iterator[Finding]:
    if not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield forbidden(("immutable",), _FROZEN)
    for name in names:
        if (new.get(name) or {}) != (old.get(name) or {}):
            yield forbidden((name,), _FROZEN)


@validates(Event)
def event_namespace(value: Value) -> Iterator[Finding]:
    """An event is in the namespace of its object; in ``default`` if that is in none."""
    namespace = value["metadata"].get("namespace")
    involved = value.get("involvedObject") or {}
    of_object = involved.get("namespace") or ""
    if value.get("eventTime"):
        agrees = bool(of_object) or namespace in ("default", "kube-system")
    else:
        agrees = namespace == of_object or (not of_object and namespace == "default")
    if namespace and not agrees:
        path = ("involvedObject", "namespace")
        yield invalid(path, of_object, "does not match event.namespace")


@validates(Event)
def event_of_a_time(value: Value) -> Iterator[Finding]:
    """An event that says when it was says who reports it, what was done, and why."""
    if not value.get("eventTime"):
        return
    component = value.get("reportingComponent") or ""
    if not component:
        yield required(("reportingComponent",))
    yield from qualified_name(("reportingComponent",), component)
    for name in ("reportingInstance", "action", "reason"):
        text = value.get(name) or ""
        if not text:
            yield required((name,))
        if len(text.encode()) > LONGEST_WORD:
            yield invalid((name,), "", f"can have at most {LONGEST_WORD} characters")
    if len((value.get("message") or "").encode()) > LONGEST_NOTE:
        yield invalid(("message",), "", f"can have at most {LONGEST_NOTE} characters")


@validates(events_v1.Event)
def event_of_its_own_group(value: Value) -> Iterator[Finding]:
    """The same rules, about the fields as they are called in events.k8s.io."""
    renamed = {core: value[name] for core, name in EVENT_NAMES.items() if name in value}
    event = {**value, **renamed}
    for finding in (*event_namespace(event), *event_of_a_time(event)):
        first, *rest = finding.path
        yield replace(finding, path=(EVENT_NAMES.get(str(first), first), *rest))
