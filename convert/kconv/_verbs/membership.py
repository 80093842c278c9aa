"""Membership: the registration of a server among those that share its database.

It is registered, with what it can decode, from before it serves until its last request is
answered. So no storage version is flipped to that a live server cannot read, and none starts that
could not read what is stored.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

from kconv._errors import CannotDecode
from kconv._gvk import GroupResource, GroupVersion
from kconv._scheme import Scheme
from kconv._store import Server as Registration
from kconv._store import Store

CRDS = "customresourcedefinitions.apiextensions.k8s.io"

_log = logging.getLogger(__name__)

Version = tuple[str, str, str]
"""(group, resource, api_version)."""


def decodable(scheme: Scheme) -> tuple[Version, ...]:
    """Every version of every stored resource that a scheme has, sorted."""
    found = {
        (kind.group_resource.group, kind.group_resource.resource, spoke.api_version)
        for kind in scheme.kinds
        for spoke in kind.spokes
    }
    return tuple(sorted(found))


class Membership:
    """The registration of one server. Methods block; they may be called from any thread.

    ``also`` gives what the server decodes besides what its scheme has. It is asked again when
    something is on record that the server is not known to decode: what CustomResourceDefinitions
    declare may have become stored in another version, or be new.
    """

    def __init__(self, scheme: Scheme, store: Store, release: str) -> None:
        host = socket.gethostname()
        self.registration = Registration(
            id=f"{host}-{os.getpid()}-{secrets.token_hex(3)}",
            release=release,
            host=host,
            pid=os.getpid(),
            decodes=decodable(scheme),
        )
        self._scheme = scheme
        self._store = store
        self._lock = threading.Lock()
        self._joined = False
        self._own = self.registration.decodes
        self.also: Callable[[], Iterable[Version]] = tuple

    def ensure(self) -> None:
        """Put the kinds of the scheme on record that are not yet, each in its storage version."""
        self._store.ensure(
            (kind.group_resource.group, kind.group_resource.resource, str(kind.storage))
            for kind in self._scheme.kinds
        )

    def join(self) -> None:
        """Register. Raises `CannotDecode`, saying what to do, where this server must not serve."""
        with self._lock:
            self._learns()
            self._known(self._register)
            self._joined = True

    def beat(self) -> None:
        """Say that the server is up; one that was forgotten meanwhile registers again.

        Raises `CannotDecode` when something is stored by now that this server cannot read: it
        hung for so long that it was not asked. It must stop.
        """
        with self._lock:
            if not self._joined or self._known(self._touch):
                return
            _log.warning("server %s was taken for gone; it registers again", self.registration)
            self._known(self._register)

    def leave(self) -> None:
        """Unregister, after the last request."""
        with self._lock:
            if self._joined:
                self._joined = False
                self._store.unregister(self.registration.id)

    def _register(self) -> bool:
        self._store.register(self.registration)
        return True

    def _touch(self) -> bool:
        return self._store.heartbeat(self.registration.id)

    def _known(self, step: Callable[[], bool]) -> bool:
        """Do what the store refuses a server that cannot decode what is there.

        Raises `CannotDecode` where it cannot; where it has learned to meanwhile, it says so first.
        """
        while True:
            try:
                return step()
            except CannotDecode as error:
                if not self._learns():
                    raise self._with_remedy(error) from None
            step = self._register

    def _learns(self) -> bool:
        """Ask what the server decodes by now; whether that is more than was known."""
        decodes = tuple(sorted({*self._own, *self.also()}))
        learned = not {*decodes} <= {*self.registration.decodes}
        self.registration = replace(self.registration, decodes=decodes)
        return learned

    def _with_remedy(self, error: CannotDecode) -> CannotDecode:
        """The error with the command that makes the database readable for this release."""
        storage = {kind.group_resource: kind.storage for kind in self._scheme.kinds}
        unknown: list[str] = []
        targets: dict[str, GroupVersion] = {}
        for each in self._store.storage_versions():
            if (each.group, each.resource, each.api_version) in self.registration.decodes:
                continue
            resource = GroupResource(each.group, each.resource)
            unknown.append(f"{resource} as {each.api_version}")
            if resource in storage:
                targets[each.group or "core"] = storage[resource]
        if not unknown:
            return error
        options = " ".join(f"--to {name}={gv.version}" for name, gv in sorted(targets.items()))
        message = (
            f"the database may hold {', '.join(unknown)}, which no installed API can decode (this "
            f"is release {self.registration.release}): "
        )
        if options:
            message += f"run `kconv migrate {options}` with a release that has it, or "
        message += "install the package that has it or name it with --apis"
        if any(each.startswith(f"{CRDS} as ") for each in unknown):
            message += "; what CustomResourceDefinitions declare is served with --crds"
        return CannotDecode(message, about=error.about)
