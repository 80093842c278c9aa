"""Conversion webhooks that CRDs name: whether they answer rightly, and having a CRD name one."""

from __future__ import annotations

import base64
import binascii
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from kconv._cluster.connection import MERGE_PATCH, Connection, Refused, reading_as
from kconv._cluster.definition import CRDS, Definition, get_definition
from kconv._cluster.hubs import Hubs
from kconv._cluster.webhook_trial import changes_of, comparing, made_samples, shown_objects
from kconv._errors import ConversionError, KconvError, Unavailable, UsageError
from kconv._reviews import Answered, Ask, Pair, WebhookClient, judge, review_of, try_pairs

SLOW: Final = 1.0
"""Seconds for a review from which on it is worth a word: every request of a client waits for it."""

SOON: Final = 14 * 86400.0
"""Seconds before its end from which on a certificate is worth a word."""

Config = Mapping[str, Any]


@dataclass(slots=True)
class Examined:
    """What was found of the webhook of a CRD.

    ``problems`` are what is wrong, ``remarks`` what is worth knowing. ``needed`` is why the webhook
    may not be removed; empty where nothing needs it.
    """

    name: str
    endpoint: str
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    needed: list[str] = field(default_factory=list)
    left_out: dict[str, dict[str, str]] = field(default_factory=dict)
    """The fields that no object had that it was tried with, by apiVersion and path, and why."""


def examine(
    connection: Connection, definition: Definition, url: str = "", hubs: Hubs | None = None
) -> Examined:
    """Look at the webhook of a CRD: its certificates, every pair of versions, who needs it.

    It is tried with objects that have every field of their version, and with those of the cluster.
    What comes back is compared through the kinds that ``hubs`` know, by value without them.

    ``url`` is where it is reached from here; without, one that is a Service is asked through the
    API server. Raises `UsageError` for a CRD that names none.
    """
    config = client_config(definition)
    found = Examined(definition.name, endpoint_of(config))
    found.needed += _needed(definition)
    bundle = ""
    try:
        bundle = bundle_of(config)
        _look_at_bundle(bundle, found)
    except UsageError as error:
        found.problems.append(error.message)
    try:
        asked = _asked(connection, config, bundle, url)
        made = made_samples(connection, definition)
        shown, refused = shown_objects(connection, definition)
        found.problems += refused
        found.left_out |= {name: dict(each.left_out) for name, each in made.items()}
        objects = {name: [*each.objects, *shown.get(name, ())] for name, each in made.items()}
        found.pairs += try_pairs(asked.ask, objects, comparing(definition, hubs))
        asked.look_at_certificate(found)
    except KconvError as error:
        found.problems.append(error.message)
    for pair in found.pairs:
        way = f"{pair.source} to {pair.target}"
        found.problems += [f"{way}: {each}" for each in pair.problems]
        found.remarks += [f"{way}: {each}" for each in pair.ignored]
        wrong, others = changes_of(pair)
        found.problems += wrong
        found.remarks += others
        if pair.seconds > SLOW:
            found.remarks.append(f"{way}: {pair.objects} objects took {pair.seconds:.1f} s")
    for version, left in found.left_out.items():
        for path, why in left.items():
            found.remarks.append(f"{version}: tried without {path}: {why}")
    return found


def client_config(definition: Definition) -> Config:
    """The webhook that a CRD names. Raises `UsageError` where it names none."""
    config: Config = (definition.conversion.get("webhook") or {}).get("clientConfig") or {}
    if definition.conversion.get("strategy") != "Webhook" or not config:
        raise UsageError(f"the CRD {definition.name} names no conversion webhook")
    return config


def endpoint_of(config: Config) -> str:
    """The webhook of a CRD for people, and to tell whether two CRDs name the same."""
    service = config.get("service")
    if not service:
        return str(config.get("url"))
    port = service.get("port") or 443
    where = f"{service['name']}.{service['namespace']}.svc:{port}"
    return f"https://{where}{service.get('path') or ''}"


def bundle_of(config: Config) -> str:
    """The CA bundle that a CRD has, as PEM; empty where it has none. Raises `UsageError`."""
    try:
        return base64.b64decode(config.get("caBundle") or "", validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UsageError(f"caBundle is no PEM: {error}") from None


def bundle_in(connection: Connection, secret: str) -> str:
    """``ca.crt`` of a Secret, ``NAMESPACE/NAME``, as ``caBundle`` has it. Raises `UsageError`."""
    namespace, _, name = secret.partition("/")
    if not (namespace and name):
        raise UsageError(f'"{secret}" is not NAMESPACE/NAME of a Secret')
    try:
        body = connection.get(f"/api/v1/namespaces/{namespace}/secrets/{name}").body
    except Refused as error:
        raise UsageError(f"the Secret {secret} cannot be read: {error.message}") from None
    with reading_as("Secret"):
        bundle = (body.get("data") or {}).get("ca.crt")
    if not bundle:
        raise UsageError(f"the Secret {secret} has no ca.crt")
    return str(bundle)


def install(
    connection: Connection,
    name: str,
    config: Config,
    versions: Sequence[str],
    url: str = "",
    hubs: Hubs | None = None,
) -> list[Pair]:
    """Have a CRD name a webhook, once that has answered rightly for each pair of versions.

    It is asked as by `examine`, but for objects of the cluster, and not rightly answered is what a
    package in ``hubs`` says is lost for no reason.
    ``versions`` are the conversionReviewVersions. Afterwards the API server itself is asked for an
    object in each version; if it cannot use the webhook, the CRD names again what it named before.
    Returns what became of each pair. Raises `ConversionError`, and what asking raises.
    """
    definition = get_definition(connection, name)
    asked = _asked(connection, config, bundle_of(config), url)
    objects = {each: made.objects for each, made in made_samples(connection, definition).items()}
    pairs = try_pairs(asked.ask, objects, comparing(definition, hubs))
    wrong = [f"{each.source} to {each.target}: {line}" for each in pairs for line in each.problems]
    wrong += [line for each in pairs for line in changes_of(each)[0]]
    if wrong:
        raise ConversionError(
            f"{name} stays as it is: {endpoint_of(config)} does not convert rightly: "
            + "; ".join(wrong)
        )
    stanza = {
        "strategy": "Webhook",
        "webhook": {"conversionReviewVersions": list(versions), "clientConfig": dict(config)},
    }
    _write(connection, definition, stanza)
    try:
        for version in definition.served:
            connection.get(definition.path(version), limit=1)
    except KconvError as error:
        _write(connection, get_definition(connection, name), definition.conversion)
        raise ConversionError(
            f"{name} names again what it named before: the API server cannot use "
            f"{endpoint_of(config)}: {error.message}"
        ) from None
    return pairs


def _write(connection: Connection, definition: Definition, stanza: Mapping[str, Any]) -> None:
    # As a merge patch leaves what is not named, what is to go has to be.
    webhook = stanza.get("webhook")
    merged: dict[str, Any] = {**stanza, "webhook": webhook}
    if webhook:
        config = webhook["clientConfig"]
        gone = dict.fromkeys({"url", "service", "caBundle"} - config.keys())
        merged["webhook"] = {**webhook, "clientConfig": {**config, **gone}}
    body = {
        "metadata": {"resourceVersion": definition.resource_version},
        "spec": {"conversion": merged},
    }
    connection.request("PATCH", f"{CRDS}/{definition.name}", body, content_type=MERGE_PATCH)


@dataclass(slots=True)
class _Asked:
    ask: Ask
    client: WebhookClient | None = None

    def look_at_certificate(self, found: Examined) -> None:
        """Say when the certificate ends; where another one asks for us, that it was not seen."""
        if self.client is None:
            found.remarks.append(
                "asked through the API server, which does not look at the certificate: "
                "give --url (of kubectl port-forward) to have that looked at, too"
            )
        elif self.client.certificate:
            _look_at_end("the certificate", self.client.certificate, found)


def _asked(connection: Connection, config: Config, bundle: str, url: str) -> _Asked:
    service = config.get("service")
    if url or not service:
        name = f"{service['name']}.{service['namespace']}.svc" if service else ""
        at = with_path(url, config) if url else str(config.get("url"))
        client = WebhookClient(at, bundle, server_name=name)
        return _Asked(client.ask, client)
    port = service.get("port") or 443
    path = (
        f"/api/v1/namespaces/{service['namespace']}/services/https:{service['name']}:{port}/proxy"
    )
    path += service.get("path") or "/"

    def ask(objects: Sequence[Mapping[str, Any]], to: str) -> Answered:
        import msgspec

        review = review_of(objects, to)
        began = time.monotonic()
        try:
            body = connection.request("POST", path, review).body
        except Refused as error:
            why = f"{endpoint_of(config)}: {error.message}"
            raise Unavailable(why + _way_on(connection, service, error)) from None
        return Answered(judge(review, 200, msgspec.json.encode(body)), time.monotonic() - began)

    return _Asked(ask)


def with_path(url: str, config: Config) -> str:
    """A URL that says where the server is only, with the path that the CRD names."""
    if urlsplit(url).path.strip("/"):
        return url
    service = config.get("service")
    path = (service.get("path") or "") if service else urlsplit(str(config.get("url"))).path
    return url.rstrip("/") + (path or "/")


def _way_on(connection: Connection, service: Mapping[str, Any], error: Refused) -> str:
    """What to do where the API server has no way to a Service: it is not there, or not served."""
    if error.status != 404:
        return ""
    namespace, name = service["namespace"], service["name"]
    try:
        connection.get(f"/api/v1/namespaces/{namespace}/services/{name}")
    except Refused as refused:
        if refused.status == 404:
            return f" (namespace {namespace} has no Service {name}: create it, or give --url)"
    return (
        f" (the API server has no way to {namespace}/{name}: it may not serve services/proxy; give "
        "--url, such as that of kubectl port-forward)"
    )


def _needed(definition: Definition) -> list[str]:
    needed = []
    reached = dict.fromkeys((*definition.served, definition.storage))
    if len(reached) > 1:
        needed.append(f"{', '.join(reached)} are served or stored")
    if definition.old:
        old = ", ".join(definition.old)
        needed.append(
            f"objects may be stored in {old}: `kconv migrate --place cluster {definition.name}`"
        )
    return needed


def _look_at_bundle(bundle: str, found: Examined) -> None:
    if not bundle:
        found.remarks.append("the CRD has no caBundle: the API server trusts those of its system")
        return
    try:
        context = ssl.create_default_context(cadata=bundle)
    except (ssl.SSLError, ValueError) as error:
        found.problems.append(f"caBundle holds no certificates: {error}")
        return
    for each in context.get_ca_certs():
        _look_at_end("a certificate of caBundle", each, found)


def _look_at_end(what: str, certificate: Mapping[str, Any], found: Examined) -> None:
    end = certificate.get("notAfter")
    if not isinstance(end, str):
        return
    left = ssl.cert_time_to_seconds(end) - time.time()
    if left < 0:
        found.problems.append(f"{what} ran out on {end}")
    elif left < SOON:
        found.remarks.append(f"{what} runs out on {end}")
