"""Rules of definitions: names, versions, conversion, and what may not change.

As ``ValidateCustomResourceDefinition`` of Kubernetes has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from kconv import (
    Finding,
    MapKey,
    forbidden,
    invalid,
    not_supported,
    required,
    validates,
    validates_update,
)
from kconv.names import dns1035_label_problems, subdomain_problems
from kconv_schemas.apiextensions import v1beta1
from kconv_schemas.apiextensions.shared import by_version
from kconv_schemas.apiextensions.structural import combination_problems, structural_problems
from kconv_schemas.apiextensions.v1 import types as v1

Value = Mapping[str, Any]

_APPROVED: Final = "api-approved.kubernetes.io"
_PROTECTED: Final = (".k8s.io", ".kubernetes.io")


@validates(v1.CustomResourceDefinition, v1beta1.CustomResourceDefinition)
def name(value: Value) -> Iterator[Finding]:
    """The name says the resource, and groups of Kubernetes need to be approved."""
    spec, metadata = value.get("spec") or {}, value.get("metadata") or {}
    group, plural = spec.get("group") or "", (spec.get("names") or {}).get("plural") or ""
    if metadata.get("name") and metadata["name"] != f"{plural}.{group}":
        message = 'must be spec.names.plural+"."+spec.group'
        yield invalid(("metadata", "name"), metadata["name"], message)
    protected = group in ("k8s.io", "kubernetes.io") or group.endswith(_PROTECTED)
    if protected and not (metadata.get("annotations") or {}).get(_APPROVED):
        message = (
            f'protected groups must have approval annotation "{_APPROVED}", see '
            "https://github.com/kubernetes/enhancements/pull/1111"
        )
        yield required(("metadata", "annotations", MapKey(_APPROVED)), message)


@validates(v1.CustomResourceDefinitionSpec, v1beta1.CustomResourceDefinitionSpec)
def names(value: Value) -> Iterator[Finding]:
    """What clients call the resource and its kind, and where it is."""
    group = value.get("group") or ""
    for problem in subdomain_problems(group) if group else ():
        yield invalid(("group",), group, problem)
    if group and "." not in group:
        yield invalid(("group",), group, "should be a domain with at least one dot")
    if value.get("scope") and value["scope"] not in ("Cluster", "Namespaced"):
        yield not_supported(("scope",), value["scope"], ("Cluster", "Namespaced"))
    given = value.get("names") or {}
    for key in ("plural", "singular", "kind", "listKind"):
        text = given.get(key)
        for problem in dns1035_label_problems(text.lower()) if text else ():
            yield invalid(("names", key), text, problem)
    if given.get("kind") and given.get("kind") == given.get("listKind"):
        message = "kind and listKind may not be the same"
        yield invalid(("names", "listKind"), given["listKind"], message)
    for key in ("shortNames", "categories"):
        for at, text in enumerate(given.get(key) or ()):
            for problem in dns1035_label_problems(text):
                yield invalid(("names", key, at), text, problem)


@validates(v1.CustomResourceDefinitionSpec)
def versions(value: Value) -> Iterator[Finding]:
    """Each version has a name of its own."""
    given = value.get("versions") or []
    known = [each.get("name") for each in given]
    if len({*known}) < len(known):
        yield invalid(("versions",), known, "must contain unique version names")
    for at, each in enumerate(given):
        path = ("versions", at)
        text = each.get("name") or ""
        for problem in dns1035_label_problems(text) if text else ():
            yield invalid((*path, "name"), text, problem)
        if each.get("deprecationWarning") and not each.get("deprecated"):
            message = "can only be set for deprecated versions"
            yield invalid((*path, "deprecationWarning"), each["deprecationWarning"], message)


@validates(v1.CustomResourceDefinition)
def rules(value: Value) -> Iterator[Finding]:
    """Schemas are structural; the rules of a new definition fit its types, and cost little."""
    # Conditions are what the server says of one that it has taken.
    is_new = not (value.get("status") or {}).get("conditions")
    yield from _of_schemas(value, lambda _name, schema: structural_problems(schema, is_new=is_new))


@validates_update(v1.CustomResourceDefinition)
def changed_rules(new: Value, old: Value) -> Iterator[Finding]:
    """So do those of a schema that becomes another one.

    How its lists combine may stay as it was; what its rules cost is asked again, as by Kubernetes.
    """
    if not (new.get("status") or {}).get("conditions"):
        return
    known = {
        str(each.get("name")): (each.get("schema") or {}).get("openAPIV3Schema")
        for each in _versions(old)
    }

    def problems(name: str, schema: Any) -> Iterator[Finding]:
        before = known.get(name)
        if schema == before or [*structural_problems(schema, is_new=False)]:
            return
        found = [*structural_problems(schema, is_new=True)]
        # Nobody may have asked how lists combine when the schema was taken.
        had: list[Finding] = []
        if found and before and not [*structural_problems(before, is_new=False)]:
            had = [*combination_problems(before)]
        yield from (each for each in found if each not in had)

    yield from _of_schemas(new, problems)


def _versions(value: Value) -> list[Value]:
    return (value.get("spec") or {}).get("versions") or []


def _of_schemas(
    value: Value, problems_of: Callable[[str, Any], Iterator[Finding]]
) -> Iterator[Finding]:
    versions = _versions(value)

    def problems(at: int) -> Iterator[Finding]:
        schema = versions[at]["schema"].get("openAPIV3Schema")
        if schema is not None:
            for finding in problems_of(str(versions[at].get("name")), schema):
                yield finding.under("openAPIV3Schema")

    for finding in by_version(versions, "schema", problems):
        yield finding.under("spec")


@validates(v1.CustomResourceDefinitionSpec, v1beta1.CustomResourceDefinitionSpec)
def conversion(value: Value) -> Iterator[Finding]:
    """A webhook is said where one converts, and nowhere else."""
    given = value.get("conversion") or {}
    strategy, webhook = given.get("strategy"), given.get("webhook") or {}
    # v1beta1 has both beside the strategy.
    config = webhook.get("clientConfig", given.get("webhookClientConfig"))
    reviews = webhook.get("conversionReviewVersions", given.get("conversionReviewVersions"))
    at, reviews_at = (
        ("conversion", "webhookClientConfig"),
        ("conversion", "conversionReviewVersions"),
    )
    if strategy and strategy not in ("None", "Webhook"):
        yield not_supported(("conversion", "strategy"), strategy, ("None", "Webhook"))
    if strategy != "Webhook":
        message = "should not be set when strategy is not set to Webhook"
        if config is not None:
            yield forbidden(at, message)
        if reviews:
            yield forbidden(reviews_at, message)
        return
    if config is None:
        yield required(at, "required when strategy is set to Webhook")
    else:
        yield from _client_config(config, at)
    if not reviews:
        yield required(reviews_at)
    elif not {"v1", "v1beta1"}.intersection(reviews):
        yield invalid(reviews_at, reviews, "must include at least one of v1, v1beta1")
    if value.get("preserveUnknownFields"):
        message = "must be None if spec.preserveUnknownFields is true"
        yield invalid(("conversion", "strategy"), strategy, message)


def _client_config(config: Value, at: tuple[str, ...]) -> Iterator[Finding]:
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        yield required(at, "exactly one of url or service is required")
        return
    if url is not None:
        form = "desired format: https://host[/path]"
        try:
            parts = urlsplit(url)
            parts.port  # noqa: B018 - raises where it is no number of a port
        except ValueError as error:
            yield invalid((*at, "url"), url, f"url must be a valid URL: {error}; {form}")
            return
        if parts.scheme != "https":
            message = f"'https' is the only allowed URL scheme; {form}"
            yield invalid((*at, "url"), parts.scheme, message)
        elif not parts.hostname:
            yield invalid((*at, "url"), url, f"host must be specified; {form}")
        for part, said in (
            ("username", "user information is not permitted in URL"),
            ("fragment", "fragments are not permitted in URL"),
            ("query", "query parameters are not permitted in URL"),
        ):
            if getattr(parts, part):
                yield invalid((*at, "url"), getattr(parts, part), said)
        return
    for key in ("name", "namespace"):
        if not (service or {}).get(key):
            yield required((*at, "service", key), "service " + key + " is required")
    port = (service or {}).get("port")
    if port is not None and not 1 <= port <= 65535:
        message = "port is not valid: must be between 1 and 65535, inclusive"
        yield invalid((*at, "service", "port"), port, message)


@validates_update(v1.CustomResourceDefinition, v1beta1.CustomResourceDefinition)
def stored(new: Value, old: Value) -> Iterator[Finding]:
    """A version stays as long as objects may be stored in it."""
    spec = new.get("spec") or {}
    known = [each.get("name") for each in spec.get("versions") or ()]
    was = [each.get("name") for each in (old.get("spec") or {}).get("versions") or ()]
    for at, text in enumerate((new.get("status") or {}).get("storedVersions") or ()):
        if text in was and text not in known:
            message = (
                f"missing from spec.versions; {text} was previously a storage version, and must "
                "remain in spec.versions until a storage migration ensures no data remains "
                f"persisted in {text} and removes {text} from status.storedVersions"
            )
            yield invalid(("status", "storedVersions", at), text, message)


@validates_update(v1.CustomResourceDefinition, v1beta1.CustomResourceDefinition)
def immutable(new: Value, old: Value) -> Iterator[Finding]:
    """Where objects are does not change once there may be some."""
    conditions = (old.get("status") or {}).get("conditions") or ()
    established = any(
        each.get("type") == "Established" and each.get("status") == "True" for each in conditions
    )
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    fields = [("group",), ("names", "plural")]
    if established:
        fields += [("scope",), ("names", "kind")]
    for path in fields:
        value, had = spec, before
        for step in path:
            value, had = (value or {}).get(step), (had or {}).get(step)
        if value != had:
            yield invalid(("spec", *path), value, "field is immutable")
