"""``kconv webhook``: the conversion webhook of CRDs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kconv._cli.command_groups import CommandGroup
from kconv._cli.options import Apis
from kconv._cli.sigterm import end_well_on_sigterm
from kconv._cli.webhook_cluster import doctor, install

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Convert custom resources for a Kubernetes API server.",
)

LOG_FORMATS = Annotated[
    str, typer.Option("--log-format", metavar="text|json", help="How log lines are written.")
]


@app.callback()
def webhook() -> None:
    """Convert custom resources for a Kubernetes API server."""


@app.command()
def serve(
    apis: Apis = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any free one.")] = 9443,
    path: Annotated[
        str, typer.Option(help="Where reviews are posted, and everywhere below.")
    ] = "/convert",
    tls_cert_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificate; read again when it changes.")
    ] = None,
    tls_private_key_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The certificate's private key.")
    ] = None,
    log_format: LOG_FORMATS = "text",
) -> None:
    """Answer ConversionReviews for the kinds of the API packages.

    Listens on this machine only, unless there is a certificate. It keeps nothing and asks no other
    server anything, so any number of it may run. On SIGTERM, reviews in flight finish.
    """
    from kconv._cli.console import emit
    from kconv._scheme import load_scheme
    from kconv._serve import Listen
    from kconv._serve.log_lines import configure
    from kconv._webhook import build

    configure(log_format, "info")
    listen = Listen(
        host, port, tls_cert_file=tls_cert_file, tls_private_key_file=tls_private_key_file
    )
    server, bound = build(load_scheme(apis=apis or ()), listen, path=path)
    end_well_on_sigterm()

    def ready() -> None:
        emit(f"converting at {listen.url(bound)}{path}")

    server.on_ready = ready
    with bound:
        server.run(sockets=[bound])


@app.command()
def manifests(
    image: Annotated[
        str, typer.Option(metavar="IMAGE", help="Image with kconv and your API package in it.")
    ],
    apis: Apis = None,
    name: Annotated[str, typer.Option(help="What everything is called.")] = "kconv-webhook",
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Where it goes.")] = "default",
    replicas: Annotated[int, typer.Option(min=1, help="How many pods.")] = 2,
    cert_manager: Annotated[
        bool, typer.Option("--cert-manager", help="Have cert-manager make the certificate.")
    ] = False,
) -> None:
    """Write manifests that run the webhook in a cluster, as YAML on standard output.

    A Deployment with probes, a Service, a PodDisruptionBudget and a ServiceAccount without rights.
    The certificate is read from the Secret NAME-tls. What the CRD has to say is written by kconv
    export crd --service NAMESPACE/NAME.
    """
    from kconv._cli.console import emit_bytes, say
    from kconv._codec import yaml
    from kconv._scheme import load_scheme
    from kconv._webhook import manifests as made

    load_scheme((), apis=apis or ())
    documents = made(
        name=name, namespace=namespace, image=image, apis=list(apis or ()), replicas=replicas,
        cert_manager=cert_manager,
    )  # fmt: skip
    emit_bytes(yaml.encode_all(documents))
    say(f"next: kconv export crd --service {namespace}/{name} for the CRDs")
    if cert_manager:
        say(f"and annotate them with cert-manager.io/inject-ca-from: {namespace}/{name}")


app.command()(doctor)
app.command()(install)
