"""Where a server listens, and who is let in there."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kconv._errors import Unavailable, UsageError
from kconv._serve.origin import LOOPBACK_NAMES

BACKLOG = 1024
"""Connections that the system holds until they are accepted."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where and how to listen; port 0 takes a free one.

    ``allowed_hosts`` are names that the server has besides those of the loopback interface;
    ``trusted_proxies`` addresses whose X-Forwarded-For is believed.
    """

    host: str = "127.0.0.1"
    port: int = 8001
    token_auth_file: Path | None = None
    tls_cert_file: Path | None = None
    tls_private_key_file: Path | None = None
    allowed_hosts: Sequence[str] = ()
    trusted_proxies: Sequence[str] = ()

    def check(self, *, tokens: bool = True) -> None:
        """Refuse what is unsafe or incomplete. Raises `UsageError`.

        Without ``tokens``, TLS is enough where others can reach the address.
        """
        if (self.tls_cert_file is None) != (self.tls_private_key_file is None):
            raise UsageError("--tls-cert-file and --tls-private-key-file go together")
        for file in (self.tls_cert_file, self.tls_private_key_file):
            if file is not None and not file.is_file():
                raise UsageError(f"{file}: no such file")
        for proxy in self.trusted_proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError:
                raise UsageError(
                    f"--trusted-proxy {proxy}: not an address or a network such as 10.0.0.0/8"
                ) from None
        needed = [self.tls_cert_file, *([self.token_auth_file] if tokens else [])]
        if not is_loopback(self.host) and None in needed:
            options = "--tls-cert-file and --tls-private-key-file"
            if tokens:
                options = f"--token-auth-file, {options}"
            raise UsageError(
                f"refusing to listen on {self.host}, which others can reach: that needs {options}"
            )

    @property
    def scheme(self) -> str:
        """The URL scheme: https with TLS files, else http."""
        return "https" if self.tls_cert_file is not None else "http"

    def url(self, bound: socket.socket) -> str:
        """Where a server on the socket is found."""
        address, port = bound.getsockname()[:2]
        return f"{self.scheme}://{f'[{address}]' if ':' in address else address}:{port}"

    def local_url(self, bound: socket.socket) -> str:
        """Where programs of this machine find it: an address for all of them is none to ask."""
        address, port = bound.getsockname()[:2]
        if ipaddress.ip_address(address).is_unspecified:
            return f"{self.scheme}://localhost:{port}"
        return self.url(bound)

    @property
    def hosts(self) -> Sequence[str] | None:
        """What a Host header may name; None: anything, where others reach the server anyway."""
        if not is_loopback(self.host) and not self.allowed_hosts:
            return None
        own = f"[{self.host}]" if ":" in self.host else self.host
        return (*LOOPBACK_NAMES, own, *self.allowed_hosts)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bind(listen: Listen) -> socket.socket:
    """A socket that listens. Raises `Unavailable` for an address that cannot be had."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off for what is accepted.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((listen.host, listen.port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise Unavailable(
            f"cannot listen on {listen.host}:{listen.port}: {error.strerror or error}"
        ) from None
    return bound
