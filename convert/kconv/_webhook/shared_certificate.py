"""Certificates that all replicas of a webhook share through a Secret, and keep up to date.

Nobody is in charge: every replica looks at the Secret now and then, and who finds something due
writes it, if nobody else has since; the second one reads what the first has made. None of it has
to do with reviews, which are answered while the API server is away, too.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import os
import random
import re
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from kconv._cluster.connection import MERGE_PATCH, Connection, Refused
from kconv._cluster.definition import CRDS
from kconv._errors import Conflict, KconvError, UsageError
from kconv._webhook.authority import SETTLE, Authority, advance, authority_of, split
from kconv._webhook.certificate_files import CertificateFiles

LOOK_SECONDS: Final = 30.0
"""How often a replica looks at the Secret; much less than a new authority waits until it signs."""

_TRIES: Final = 5
_PATIENCE: Final = 10.0

_log = logging.getLogger(__name__)


class InNamespace(NamedTuple):
    """A Secret or a Service."""

    namespace: str
    name: str

    @classmethod
    def parse(cls, text: str, what: str) -> InNamespace:
        """``NAMESPACE/NAME``. Raises `UsageError`."""
        if re.fullmatch(r"[a-z0-9-]+/[a-z0-9.-]+", text) is None:
            raise UsageError(f'{what} "{text}" is not NAMESPACE/NAME')
        return cls(*text.split("/"))

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class SharedCertificate:
    """The certificate of a Service, signed by an authority of its own that clients are told of.

    ``crds`` are the CRDs whose ``caBundle`` is kept, where they name the service.
    """

    def __init__(
        self,
        connection: Connection,
        secret: InNamespace,
        service: InNamespace,
        crds: Sequence[str],
        *,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """The clock is the API server's, which is who looks at when a certificate is good.

        Raises `UsageError` where what makes certificates is not installed.
        """
        try:
            import cryptography  # noqa: F401 - to say in time that it is missing
        except ModuleNotFoundError:
            raise UsageError("--own-ca needs pip install 'kconv[webhook]'") from None
        self._connection = connection
        self._secret, self._service, self._crds = secret, service, tuple(crds)
        host = f"{service.name}.{service.namespace}.svc"
        self._names = (host, f"{host}.cluster.local")
        self._clock = clock
        self._folder = tempfile.TemporaryDirectory(prefix="kconv-webhook-")
        self.certificate = Path(self._folder.name) / "tls.crt"
        self.key = Path(self._folder.name) / "tls.key"
        self._files: CertificateFiles | None = None
        self._last: Authority | None = None
        self._known: tuple[tuple[bytes, ...], float] = (), 0.0
        """The bundle that all CRDs have, and since when at the latest."""

    def close(self) -> None:
        """Delete the files, and close the connection."""
        self._folder.cleanup()
        self._connection.close()

    def look(self) -> Authority:
        """Do what is due, and write what is to be served to `certificate` and `key`.

        Raises what the API server refuses, `UsageError` for a Secret of something else, and
        `Conflict` where others are always quicker.
        """
        for _ in range(_TRIES):
            state, version, clock = self._read()
            if state is None and self._last is not None:
                # Deleted or emptied. A new authority nobody would trust yet, and other replicas
                # serve what this one has signed.
                now = self._last
            else:
                is_known = state is not None and self._is_known(state, clock)
                now = advance(state, self._names, clock, is_known=is_known)
            if now == state:
                self._put(now)
                self._last = now
                return now
            if self._write(now, version):
                _log.info("wrote certificates to the Secret %s", self._secret)
        raise Conflict(f"the Secret {self._secret} is written all the time")

    async def follow(self, context: ssl.SSLContext) -> None:
        """Look again and again, and serve what is new."""
        while True:
            # Not all replicas at once.
            await asyncio.sleep(LOOK_SECONDS * random.uniform(0.8, 1.2))
            await asyncio.to_thread(self.renew, context)

    def renew(self, context: ssl.SSLContext) -> bool:
        """Look once, and serve what is new; without the API server, what there was."""
        try:
            self.look()
        except (KconvError, OSError) as error:
            _log.warning("the certificates stay as they are: %s", error)
            return False
        except Exception:  # noqa: BLE001 - nobody awaits it, and the next look may go well
            _log.exception("the certificates stay as they are")
            return False
        assert self._files is not None, "it has been looked at"
        return self._files.reload(context)

    def _put(self, state: Authority) -> None:
        pair = state.served
        for path, data in ((self.certificate, pair.certificate), (self.key, pair.key)):
            if not path.exists() or path.read_bytes() != data:
                new = path.with_suffix(".new")
                descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                new.rename(path)
        if self._files is None:
            self._files = CertificateFiles(self.certificate, self.key)

    # The Secret.

    @property
    def _path(self) -> str:
        return f"/api/v1/namespaces/{self._secret.namespace}/secrets"

    def _read(self) -> tuple[Authority | None, str, float]:
        try:
            answer = self._connection.get(f"{self._path}/{self._secret.name}")
        except Refused as error:
            if error.status == 404:
                return None, "", self._time(error.date)
            raise
        body = answer.body
        data = body.get("data") or {}
        try:
            decoded = {name: base64.b64decode(each, validate=True) for name, each in data.items()}
            # An empty one is there for its rights.
            state = authority_of(decoded) if decoded else None
        except (UsageError, binascii.Error, TypeError) as error:
            raise UsageError(f"the Secret {self._secret}: {error}") from None
        return state, str(body["metadata"]["resourceVersion"]), self._time(answer.date)

    def _time(self, date: str) -> float:
        if self._clock is not None:
            return self._clock()
        try:
            return parsedate_to_datetime(date).timestamp()
        except (TypeError, ValueError):
            return time.time()

    def _write(self, state: Authority, version: str) -> bool:
        metadata = {"name": self._secret.name, "namespace": self._secret.namespace}
        data = {name: base64.b64encode(each).decode() for name, each in state.data().items()}
        try:
            if version:
                # Null takes away what a merge patch would leave.
                gone: dict[str, Any] = {"following.crt": None, "following.key": None}
                body = {"metadata": {"resourceVersion": version}, "data": {**gone, **data}}
                path = f"{self._path}/{self._secret.name}"
                self._connection.request("PATCH", path, body, content_type=MERGE_PATCH)
            else:
                made = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}
                self._connection.request("POST", self._path, made)
        except Refused as error:
            if error.status == 409 or (error.status == 404 and version):
                return False
            raise
        return True

    # The CRDs.

    def _is_known(self, state: Authority, clock: float) -> bool:
        """Whether all CRDs have had the bundle for so long that every API server has seen it."""
        # All of them, though one of them cannot be written.
        told = [self._spread_to(name, state) for name in self._crds]
        if not all(told):
            self._known = (), 0.0
            return False
        if self._known[0] != state.trusted:
            self._known = state.trusted, clock
        return clock - self._known[1] >= SETTLE

    def _spread_to(self, name: str, state: Authority) -> bool:
        """Have a CRD that names the service trust the bundle; whether it does."""
        for _ in range(_TRIES):
            done = self._try_to_spread(name, state)
            if done is not None:
                return done
        return False

    def _try_to_spread(self, name: str, state: Authority) -> bool | None:
        """As `_spread_to`; None where another replica was faster, or somebody else."""
        try:
            body = self._connection.get(f"{CRDS}/{name}").body
            webhook = (body["spec"].get("conversion") or {}).get("webhook") or {}
            config = webhook.get("clientConfig") or {}
            if not self._is_named_by(config) or _certificates(config) == {*state.trusted}:
                return True
            # It only ever has certificates of this authority: those that are gone have run out.
            bundle = base64.b64encode(state.bundle).decode()
            patch = {
                "metadata": {"resourceVersion": body["metadata"]["resourceVersion"]},
                "spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": bundle}}}},
            }
            self._connection.request("PATCH", f"{CRDS}/{name}", patch, content_type=MERGE_PATCH)
        except Refused as error:
            if error.status == 404:
                return True  # it may come later, and install gives it the bundle
            if error.status == 409:
                return None
            _log.warning("%s keeps the caBundle that it has: %s", name, error)
            return False
        _log.info("gave %s the new caBundle", name)
        return True

    def _is_named_by(self, config: Mapping[str, Any]) -> bool:
        service = config.get("service") or {}
        return (service.get("namespace"), service.get("name")) == self._service


def shared_certificate(secret: str, service: str, crds: Sequence[str]) -> SharedCertificate:
    """As options say it: ``NAMESPACE/SECRET`` and ``NAMESPACE/NAME``. Raises `UsageError`."""
    return SharedCertificate(
        Connection(patience=_PATIENCE),
        InNamespace.parse(secret, "own CA"),
        InNamespace.parse(service, "service"),
        crds,
    )


def _certificates(config: Mapping[str, Any]) -> set[bytes]:
    try:
        return {*split(base64.b64decode(config.get("caBundle") or "", validate=True))}
    except (ValueError, binascii.Error):
        return set()
