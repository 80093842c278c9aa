"""``kconv webhook doctor`` and ``kconv webhook install``: webhooks as a cluster has them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv._cli.options import Apis, Output, Report

if TYPE_CHECKING:
    from kconv._cluster.webhooks import Examined
    from kconv._pipeline.object_loss import Lost
    from kconv._reviews import Pair

CRDS = Annotated[
    list[str] | None,
    typer.Argument(metavar="RESOURCE.GROUP", help="The CRDs, such as gadgets.example.com."),
]
CONTEXT = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The context of the kubeconfig. Default: the current one.",
        show_default=False,
    ),
]
URL = Annotated[
    str,
    typer.Option(
        "--url",
        metavar="URL",
        help="Where the webhook is reached from here, such as by kubectl port-forward. Default: by "
        "the URL that the CRD names, or through the API server.",
        show_default=False,
    ),
]


def doctor(
    names: CRDS = None,
    context: CONTEXT = None,
    url: URL = "",
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """Say whether the conversion webhooks of CRDs work, and which are needed still.

    Certificates and CA bundles; a review for each ordered pair of versions, and back, of objects
    that have every field of their version and of those of the cluster; how long it takes; and what
    needs the webhook. What does not come back is named; where an API package has both versions, its
    rules say whether that is wrong. Reads only. Ends with 1 if something is wrong. Default: every
    CRD that names a webhook.
    """
    from kconv._cli.console import complain, emit, emit_json
    from kconv._cluster.connection import Connection
    from kconv._cluster.definition import get_definition, list_definitions
    from kconv._cluster.hubs import hubs_of
    from kconv._cluster.webhooks import examine

    connection = Connection(context or "")
    try:
        if names:
            chosen = [get_definition(connection, each) for each in names]
        else:
            every = list_definitions(connection)
            chosen = [each for each in every if each.conversion.get("strategy") == "Webhook"]
        hubs = hubs_of(chosen, apis or ())
        found = [examine(connection, each, url, hubs) for each in chosen]
    finally:
        connection.close()
    if output is Report.JSON:
        emit_json({"webhooks": [_as_json(each) for each in found]})
    else:
        for each in found:
            _print(each, [one.name for one in found if one.endpoint == each.endpoint])
        if not found:
            emit("no CRD names a conversion webhook")
    for each in found:
        for line in each.problems:
            complain(f"{each.name}: {line}")
    if any(each.problems for each in found):
        raise typer.Exit(1)


def install(
    names: Annotated[
        list[str],
        typer.Argument(metavar="RESOURCE.GROUP", help="The CRDs, such as gadgets.example.com."),
    ],
    service: Annotated[
        str,
        typer.Option(metavar="NAMESPACE/NAME[:PORT]", help="The service of the webhook."),
    ] = "",
    webhook_url: Annotated[
        str,
        typer.Option(
            "--webhook-url", metavar="URL", help="A webhook outside of the cluster, in its place."
        ),
    ] = "",
    path: Annotated[str, typer.Option(help="Where reviews are posted.")] = "/convert",
    ca_bundle: Annotated[
        Path | None,
        typer.Option("--ca-bundle", metavar="FILE", help="Who signed for its certificate, as PEM."),
    ] = None,
    ca_secret: Annotated[
        str,
        typer.Option(
            "--ca-secret",
            metavar="NAMESPACE/SECRET",
            help="In its place: ca.crt of a Secret, such as that of kconv webhook serve --own-ca.",
        ),
    ] = "",
    context: CONTEXT = None,
    url: URL = "",
    apis: Apis = None,
) -> None:
    """Have CRDs name a conversion webhook, once it has answered rightly.

    It is asked for each ordered pair of versions first, with objects that have every field of their
    version; where an API package has both, its rules say what may be lost. Then the CRD is patched,
    and the API server
    asked for an object in each version: if it cannot use the webhook, the CRD names again what it
    named before.
    """
    from kconv._cli.console import emit, warn
    from kconv._cluster.connection import Connection
    from kconv._cluster.definition import get_definition
    from kconv._cluster.hubs import hubs_of
    from kconv._cluster.webhook_trial import changes_of
    from kconv._cluster.webhooks import bundle_in, endpoint_of
    from kconv._cluster.webhooks import install as put
    from kconv._errors import UsageError

    config = _config(service, webhook_url, path, ca_bundle)
    if ca_secret and ca_bundle is not None:
        raise UsageError("--ca-bundle and --ca-secret say the same: use one of them")
    connection = Connection(context or "")
    try:
        if ca_secret:
            config["caBundle"] = bundle_in(connection, ca_secret)
        for name in names:
            hubs = hubs_of([get_definition(connection, name)], apis or ())
            pairs = put(connection, name, config, ["v1"], url, hubs)
            emit(f"{name}: converted by {endpoint_of(config)}, tried on {len(pairs)} pairs")
            for each in pairs:
                for line in changes_of(each)[1]:
                    warn(line)
    finally:
        connection.close()


def _config(service: str, url: str, path: str, ca_bundle: Path | None) -> dict[str, Any]:
    import base64

    from kconv._cli.export import webhook_of
    from kconv._codec.limits import FILE_LIMIT
    from kconv._errors import UsageError
    from kconv._input import read_file

    if bool(service) == bool(url):
        raise UsageError("say where the webhook is: --service NAMESPACE/NAME or --webhook-url URL")
    if url:
        config: dict[str, Any] = {"url": url}
        data = read_file(ca_bundle, FILE_LIMIT) if ca_bundle is not None else b""
    else:
        found = webhook_of(service, path, ca_bundle)
        assert found is not None, "there is a service"
        config = {
            "service": {
                "namespace": found.namespace,
                "name": found.name,
                "port": found.port,
                "path": found.path,
            }
        }
        data = found.ca_bundle
    if data:
        config["caBundle"] = base64.b64encode(data).decode()
    return config


def _print(found: Examined, sharing: list[str]) -> None:
    from kconv._cli.console import emit, emit_table

    others = ", ".join(each for each in sharing if each != found.name)
    emit(f"{found.name}: {found.endpoint}{f' (as {others})' if others else ''}")
    rows = [
        [
            each.source, each.target, str(each.objects), f"{each.seconds * 1000:.0f} ms",
            _answer(each),
        ]
        for each in found.pairs
    ]  # fmt: skip
    if rows:
        emit_table(["FROM", "TO", "OBJECTS", "TIME", "ANSWER"], rows)
    for line in found.remarks:
        emit(f"  {line}")
    for line in found.needed:
        emit(f"  it is needed: {line}")
    if not found.needed:
        emit("  nothing needs it any more: the CRD may say strategy: None")


def _answer(pair: Pair) -> str:
    if pair.problems or any(each.is_wrong for each in pair.changes):
        return "wrong"
    return f"changes {len(pair.changes)}" if pair.changes else "right"


def _as_json(found: Examined) -> dict[str, Any]:
    from kconv._paths import format_path

    return {
        "crd": found.name,
        "endpoint": found.endpoint,
        "problems": found.problems,
        "remarks": found.remarks,
        "mayBeRemoved": not found.needed,
        "neededBy": found.needed,
        "leftOut": found.left_out,
        "pairs": [
            {
                "from": each.source,
                "to": each.target,
                "objects": each.objects,
                "seconds": round(each.seconds, 4),
                "problems": each.problems,
                "lost": [format_path(change.lost.path) for change in each.changes],
                "changes": [
                    {
                        "object": change.object,
                        "path": format_path(change.lost.path),
                        **_values(change.lost),
                        "reason": change.lost.reason,
                        "wrong": change.is_wrong,
                    }
                    for change in each.changes
                ],
            }
            for each in found.pairs
        ],
    }


def _values(lost: Lost) -> dict[str, Any]:
    """What the value was and became; a side that has none is left out."""
    from kconv._differences import ABSENT

    return {
        **({} if lost.value is ABSENT else {"value": lost.value}),
        **({} if lost.became is None else {"became": lost.became}),
        **({"order": True} if lost.order else {}),
    }
