"""Which services there are behind the proxy, and what the path of a request asks of them.

A client chooses among what the operator named, and the path there; it never chooses a host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from kconv._errors import UsageError
from kconv._gvk import GroupResource
from kconv._serve.status import unavailable
from kconv._verbs.refusal import bad_request, not_found
from kconv.names import dns_label_problems, path_segment_problems

_SERVICES = GroupResource("", "services")
_PATH = re.compile(rb"(/api/v1/namespaces/([^/]+)/services/([^/]+)/proxy)(/.*)?\Z", re.DOTALL)
_PRINTABLE = re.compile(rb"[!-~]*\Z")
_DOTS = (b".", b"..")
_MOST_DECODED = 8
"""How many times a path may be percent-encoded, and once more for its end to be seen."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service is."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What its Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = _DEFAULT_PORTS["https" if self.secure else "http"]
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """What absolute URLs to it begin with."""
        return f"{'https' if self.secure else 'http'}://{self.authority}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A path that asks for something of a service: ``before`` is this server's, ``rest`` its.

    ``named`` is how the path names it, with scheme and port.
    """

    service: Service
    before: str
    rest: str
    namespace: str = ""
    name: str = ""
    named: str = ""


ProxyServices = Mapping[tuple[str, str, str], Service]
"""By namespace, name and port; the port is empty for one that is had under any."""


def proxy_services_of(given: Sequence[str]) -> dict[tuple[str, str, str], Service]:
    """Services of texts ``namespace/name[:port]=URL``. Raises `UsageError` for anything else."""
    found: dict[tuple[str, str, str], Service] = {}
    for text in given:
        place, _, url = text.partition("=")
        namespace, _, rest = place.partition("/")
        name, _, port = rest.partition(":")
        try:
            service = _service_of(urlsplit(url))
        except ValueError:
            service = None
        if service is None or dns_label_problems(namespace) or dns_label_problems(name):
            raise UsageError(
                f'--proxy-service: "{text}" is not NAMESPACE/NAME[:PORT]=URL, such as '
                "ui/dashboard:80=http://127.0.0.1:9000"
            )
        found[namespace, name, port] = service
    return found


def _service_of(url: SplitResult) -> Service | None:
    plain = not (url.query or url.fragment or url.username or url.password)
    if url.scheme not in _DEFAULT_PORTS or not url.hostname or not plain:
        return None
    if not _PRINTABLE.match(url.path.encode()) or not _PRINTABLE.match(url.hostname.encode()):
        return None
    port = _DEFAULT_PORTS[url.scheme] if url.port is None else url.port
    return Service(url.scheme == "https", url.hostname, port, url.path.rstrip("/"))


def asked_of(raw_path: bytes, services: ProxyServices) -> Asked | None:
    """What a path asks of a service; None for the path of something else.

    Raises `kconv._verbs.refusal.Refusal`: 404 for a service that is not there, 503 for a port that
    it does not have, 400 for a path that could mean another one to the service.
    """
    match = _PATH.match(raw_path)
    if match is None:
        return None
    before, namespace, name, rest = match.groups()
    where, what = (unquote_to_bytes(each).decode("utf-8", "replace") for each in (namespace, name))
    if what.count(":") > 2 or path_segment_problems(where):
        raise bad_request(f'invalid service request "{what[:253]}"')
    scheme, service, port = parts_of(what)
    if scheme not in ("", *_DEFAULT_PORTS):
        raise bad_request(f'invalid service request "{what[:253]}"')
    found = _find(services, where, service, port)
    if scheme and (scheme == "https") is not found.secure:
        raise unavailable(f'no endpoints available for service "{service}"')
    _check(rest or b"")
    rest_of_path = (rest or b"").decode("ascii")
    return Asked(found, before.decode("ascii"), rest_of_path, where, service, what)


def parts_of(what: str) -> tuple[str, str, str]:
    """Scheme, name and port in how a path names a service: ``http:dashboard:80``, or less."""
    parts = what.split(":", 2)
    if len(parts) == 3:
        return parts[0], parts[1], parts[2]
    if len(parts) == 2 and parts[0] in _DEFAULT_PORTS:
        # As Kubernetes reads it, this is a service called http; that is what nobody means.
        return parts[0], parts[1], ""
    return "", parts[0], parts[1] if len(parts) == 2 else ""


def _find(services: ProxyServices, namespace: str, name: str, port: str) -> Service:
    of_name = {key[2]: each for key, each in services.items() if key[:2] == (namespace, name)}
    if not of_name:
        raise not_found(_SERVICES, name)
    found = of_name.get(port) or of_name.get("")
    if found is None and not port and len(of_name) == 1:
        found = next(iter(of_name.values()))
    if found is None:
        raise unavailable(f'no service port {port} found for service "{name}"')
    return found


def _check(rest: bytes) -> None:
    """Refuse (400) a path that leads out of where a service is, however often it is decoded."""
    if not _PRINTABLE.match(rest):
        raise bad_request("the path has characters that a path cannot have")
    seen = rest
    for _ in range(_MOST_DECODED):
        steps = seen.replace(b"\\", b"/").split(b"/")
        # Some servers cut what follows a semicolon.
        if any(step.partition(b";")[0] in _DOTS for step in steps):
            raise bad_request('the path has the steps "." or ".."')
        if b"\0" in seen or b"\r" in seen or b"\n" in seen:
            raise bad_request("the path has characters that a path cannot have")
        decoded = unquote_to_bytes(seen)
        if decoded == seen:
            return
        seen = decoded
    # No client means that, and each time takes as long as the path is.
    raise bad_request("the path is encoded too often")
