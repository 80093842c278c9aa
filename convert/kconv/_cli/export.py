"""``kconv export``: definitions from the kinds of API packages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kconv._cli.command_groups import CommandGroup
from kconv._cli.options import Apis
from kconv._codec.limits import FILE_LIMIT
from kconv._errors import UsageError
from kconv._input import read_file

if TYPE_CHECKING:
    from kconv._exporter import Webhook
    from kconv._scheme import HubKind, Scheme, Spoke

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Write definitions for others: CustomResourceDefinitions, OpenAPI, JSON Schema.",
)


@app.callback()
def export() -> None:
    """Write definitions for others: CustomResourceDefinitions, OpenAPI, JSON Schema."""


@app.command()
def crd(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RESOURCE.GROUP]...", help="Which; by default those of --apis."),
    ] = None,
    apis: Apis = None,
    service: Annotated[
        str,
        typer.Option(metavar="NAMESPACE/NAME[:PORT]", help="The service of the webhook."),
    ] = "",
    path: Annotated[str, typer.Option(help="Where the webhook takes reviews.")] = "/convert",
    ca_bundle: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Who signed the webhook's certificate, as PEM."),
    ] = None,
) -> None:
    """Write the CustomResourceDefinitions of kinds as YAML, on standard output.

    All versions, columns, selectable fields and the status subresource; with --service, conversion
    by a webhook. What a CRD cannot say, such as rules that are functions, is listed on standard
    error.
    """
    from kconv._cli.console import emit_bytes, say
    from kconv._codec import yaml
    from kconv._exporter import crd_of
    from kconv._scheme import load_scheme

    webhook = webhook_of(service, path, ca_bundle)
    scheme = load_scheme(() if apis else None, apis=apis or ()).without_documents()
    documents, notes = [], []
    for kind in _chosen(scheme, kinds or ()):
        document, said = crd_of(kind, webhook)
        documents.append(document)
        notes += said
    emit_bytes(yaml.encode_all(documents))
    if notes:
        say("not said in a CRD:")
        for note in notes:
            say(f"  {note}")


KINDS = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RESOURCE.GROUP]...", help="Which; by default those of --apis."),
]


@app.command()
def openapi(kinds: KINDS = None, apis: Apis = None) -> None:
    """Write the schemas of kinds, in every version, as an OpenAPI 3 document in JSON.

    It has no paths: what a server serves is at its /openapi/v3. kconv import openapi reads it.
    """
    from kconv._cli.console import emit_json
    from kconv._serve.openapi import openapi_schemas

    emit_json(openapi_schemas(_versions(kinds, apis)))


@app.command()
def jsonschema(kinds: KINDS = None, apis: Apis = None) -> None:
    """Write a JSON Schema of manifests of kinds, in every version: for editors and linters.

    Which version an object is in its apiVersion and kind say.
    """
    from kconv._cli.console import emit_json
    from kconv._serve.openapi import json_schema

    emit_json(json_schema(_versions(kinds, apis)))


def _versions(kinds: Sequence[str] | None, apis: Sequence[str] | None) -> list[Spoke]:
    from kconv._scheme import load_scheme

    scheme = load_scheme(() if apis else None, apis=apis or ()).without_documents()
    return [spoke for kind in _chosen(scheme, kinds or ()) for spoke in kind.spokes]


def _chosen(scheme: Scheme, names: Sequence[str]) -> list[HubKind]:
    """The kinds that are named, or all. Raises `UsageError` for one that is not there."""
    found = {str(kind.group_resource): kind for kind in scheme.kinds}
    missing = [name for name in names if name not in found]
    if missing or not found:
        have = ", ".join(found) or "none"
        raise UsageError(f"no kind {missing[0] if missing else 'to export'}; there are: {have}")
    return [found[name] for name in names] or list(found.values())


def webhook_of(service: str, path: str, ca_bundle: Path | None) -> Webhook | None:
    from kconv._exporter import Webhook

    if not service:
        if ca_bundle is not None:
            raise UsageError("--ca-bundle goes with --service")
        return None
    found = re.fullmatch(r"([a-z0-9-]+)/([a-z0-9-]+)(?::([0-9]{1,5}))?", service)
    if found is None or not path.startswith("/"):
        raise UsageError(f'--service "{service}" is not NAMESPACE/NAME or NAMESPACE/NAME:PORT')
    data = read_file(ca_bundle, FILE_LIMIT) if ca_bundle is not None else b""
    if data and b"BEGIN CERTIFICATE" not in data:
        raise UsageError(f"{ca_bundle}: no certificate in PEM")
    return Webhook(found[1], found[2], int(found[3] or 443), path, data)
