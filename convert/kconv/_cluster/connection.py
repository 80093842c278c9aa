"""The connection to an API server: who it is, who we are, and what it answers.

Kubernetes' own client reads the kubeconfig and has the credentials, those of plugins too; what is
sent and read is bytes, for objects are to stay as they are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec.json import Decoder

from kconv._cluster.exchange import Exchange, Response, error_text, exchange_with
from kconv._errors import Denied, KconvError, Unavailable, UsageError, shortened

MERGE_PATCH: Final = "application/merge-patch+json"

TIMEOUT: Final = 35.0
"""Seconds for an answer: conversion webhooks have up to 30."""

PATIENCE: Final = 60.0
"""Seconds for which a request is made again while the server is away or asks to come later."""

_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 2.0
_LONGEST_ASKED: Final = 30.0
_TRANSIENT: Final = frozenset({429, 502, 503, 504})
_QUOTED: Final = 400

ASIDE: Final = 4
"""Lists that are read side by side."""

OBJECT: Final = Decoder(dict[str, Any])
"""Reads an answer as what it says, of whatever kind."""

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

T = TypeVar("T")


class Refused(KconvError):
    """What the API server answered instead of what was asked for."""

    def __init__(
        self, status: int, reason: str, message: str, details: Mapping[str, Any], date: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.date = date
        self.reason = reason
        self.details = details

    @property
    def continues_with(self) -> str:
        """Where a list that expired goes on, though at a later moment; empty where it cannot."""
        found = self.details.get("continue", "")
        return found if isinstance(found, str) else ""

    @property
    def is_of_webhook(self) -> bool:
        """Whether the conversion webhook cannot be reached: that is about no single object."""
        return "conversion webhook for" in self.message and (
            'failed: Post "' in self.message or "failed calling" in self.message
        )

    @property
    def gone_version(self) -> str:
        """The version that objects are stored in though the CRD has it no more; empty for none."""
        _, is_it, version = self.message.partition("convert CR from an invalid group/version: ")
        return version if is_it else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered, and when by its clock (the ``Date`` header)."""

    body: Any
    date: str


class Connection:
    """Requests to one API server; any number of threads may make them.

    ``report`` is told why a request waits, and the empty string when it goes on.
    """

    def __init__(
        self,
        context: str = "",
        *,
        connections: int = 16,
        patience: float = PATIENCE,
        timeout: float = TIMEOUT,
    ) -> None:
        """The server of a context of the kubeconfig, or of the current one, or of the pod.

        Raises `UsageError` for a kubeconfig that cannot be used.
        """
        self._configuration = _configuration(context)
        self.host = str(self._configuration.host).rstrip("/")
        self._configuration.connection_pool_maxsize = connections
        self._patience = patience
        self._timeout = timeout
        self._exchange: Exchange | None = None
        self._threads: ThreadPoolExecutor | None = None
        self.report: Callable[[str], None] = lambda _: None

    def close(self) -> None:
        """Close what is open; a later request opens it anew."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None

    def aside(self, call: Callable[..., T], *arguments: Any) -> Future[T]:
        """Call something that makes requests, while others are made."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(ASIDE)
        return self._threads.submit(call, *arguments)

    def get(
        self,
        path: str,
        accept: str = "application/json",
        form: Decoder[Any] = OBJECT,
        /,
        **query: str | int,
    ) -> Answer:
        """GET a path. Raises `Refused`, and as `request`."""
        wanted = {name: value for name, value in query.items() if value != ""}
        target = f"{path}?{urlencode(wanted)}" if wanted else path
        return self.request("GET", target, accept=accept, form=form)

    def request(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
        form: Decoder[Any] = OBJECT,
    ) -> Answer:
        """Make a request, again while the server is away or busy, for as long as there is patience.

        Only what may be done twice: reads, and writes with a resourceVersion. The answer is read as
        ``form``. Raises `Refused` for what the server refuses, `Denied` where it does not know who
        asks, and `Unavailable`, also for answers that have not that form.
        """
        data = None if body is None else msgspec.json.encode(body)
        first: float | None = None
        waits, usual = False, _PAUSE
        while True:
            try:
                answer = self._once(method, target, data, content_type, accept, form)
            except (Unavailable, Refused) as error:
                pause = _pause(error, usual)
                usual = min(2 * usual, _LONGEST_PAUSE)
                first = first or time.monotonic()
                if pause is None or time.monotonic() - first + pause > self._patience:
                    raise _final(error) from None
                waits = True
                self.report(error.message)
                time.sleep(pause)
            else:
                if waits:
                    self.report("")
                return answer

    def _once(
        self,
        method: str,
        target: str,
        data: bytes | None,
        content_type: str,
        accept: str,
        form: Decoder[Any],
    ) -> Answer:
        headers = {"Accept": accept, "User-Agent": "kconv"}
        if data is not None:
            headers["Content-Type"] = content_type
        try:
            for setting in self._configuration.auth_settings().values():
                if setting["value"]:
                    headers[setting["key"]] = setting["value"].strip()
            response = self._open().request(method, target, data, headers)
        except OSError as error:
            raise Denied(f"{self.host}: {error_text(error)}") from None
        except ValueError:
            # Its message would quote them.
            raise Denied(
                f"{self.host}: the credentials of the kubeconfig are no value of a header"
            ) from None
        if response.status < 300:
            date = response.headers.get("date", "")
            return Answer(self.read(response.data, form, response.status), date)
        raise _refusal(self.host, response)

    def read(self, text: bytes | msgspec.Raw, form: Decoder[T], status: int = 200) -> T:
        """What the server has sent as JSON of a form. Raises `Unavailable` where it is none."""
        try:
            return form.decode(text)
        except _UNREADABLE as error:
            said = f"{self.host} answered {status} with what is no JSON object, or another one"
            raise Unavailable(f"{said}: {error_text(error)}") from None

    def _open(self) -> Exchange:
        if self._exchange is None:
            from kubernetes import client

            if not self._configuration.verify_ssl:
                # The kubeconfig says so, and kubectl does not remark on it either.
                import urllib3

                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            made: Any = client.ApiClient(self._configuration)
            manager = made.rest_client.pool_manager
            self._exchange = exchange_with(self.host, manager, self._timeout)
        return self._exchange


def _configuration(context: str) -> Any:
    try:
        from kubernetes import client, config
    except ModuleNotFoundError:
        raise UsageError("--place cluster needs pip install 'kconv[cluster]'") from None
    import yaml

    made = client.Configuration()
    # Its own default is a server on this machine, which nobody has named.
    made.host = ""
    try:
        _load(config, made, context)
    except (AttributeError, TypeError, ValueError) as error:
        # The client lets through what it stumbles over: a kubeconfig may be any YAML.
        said = f"it has not the form of one ({error_text(error)})"
        raise UsageError(f"the kubeconfig cannot be used: {said}") from None
    except (config.ConfigException, yaml.YAMLError, OSError) as error:
        raise UsageError(f"the kubeconfig cannot be used: {error_text(error)}") from None
    for file in (made.ssl_ca_cert, made.cert_file, made.key_file):
        if file and not Path(file).is_file():
            raise UsageError(f"the kubeconfig cannot be used: there is no file {file}")
    if not made.host:
        raise UsageError("the kubeconfig cannot be used: its cluster names no server")
    return made


def _load(config: Any, made: Any, context: str) -> None:
    try:
        config.load_kube_config(context=context or None, client_configuration=made)
    except config.ConfigException as error:
        if context:
            raise
        try:
            config.load_incluster_config(client_configuration=made)
        except config.ConfigException:
            raise error from None


@contextmanager
def reading_as(what: str) -> Iterator[None]:
    """Whatever fails within is for an answer that is not what it should be.

    Raises `Unavailable` then: an API server says no such thing, but what is asked may be none.
    """
    try:
        yield
    except (AttributeError, LookupError, StopIteration, TypeError) as error:
        raise Unavailable(f"the API server answered with what is no {what}: {error!r}") from error


def _refusal(host: str, response: Response) -> Refused | Denied:
    try:
        body = msgspec.json.decode(response.data)
    except _UNREADABLE:
        body = None
    status = body if isinstance(body, dict) else {}
    details = status.get("details") if isinstance(status.get("details"), dict) else {}
    text = response.data.decode(errors="replace").strip()
    message = str(status.get("message") or shortened(text, _QUOTED) or response.status)
    metadata = status.get("metadata")
    known = dict(details or {})
    if isinstance(metadata, dict):
        known["continue"] = metadata.get("continue", "")
    after = response.headers.get("retry-after", "")
    if after.isascii() and after.isdecimal():
        known["retryAfterSeconds"] = int(after)
    if response.status == 401:
        return Denied(f"{host} does not know who asks: {message}")
    date = response.headers.get("date", "")
    return Refused(response.status, str(status.get("reason") or ""), message, known, date)


def _pause(error: Unavailable | Refused, usual: float = _PAUSE) -> float | None:
    """After how many seconds a request is worth another try; None where it is not."""
    if isinstance(error, Denied):
        return None
    if isinstance(error, Unavailable):
        return usual
    if error.gone_version:
        return None  # it is said with a 429, and stays so
    after = error.details.get("retryAfterSeconds")
    if error.status in _TRANSIENT or error.is_of_webhook or (error.status == 500 and after):
        return min(float(after), _LONGEST_ASKED) if isinstance(after, int) and after else usual
    return None


def _final(error: Unavailable | Refused) -> KconvError:
    """What is raised in the end: a server that is busy for so long is away."""
    if isinstance(error, Refused) and _pause(error) is not None:
        return Unavailable(f"the API server answers {error.status}: {error.message}")
    return error
