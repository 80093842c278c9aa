"""``kconv webhook``: the conversion webhook of CRDs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kconv._cli.command_groups import CommandGroup
from kconv._cli.options import Apis
from kconv._cli.sigterm import end_well_on_sigterm
from kconv._cli.webhook_cluster import doctor, install

if TYPE_CHECKING:
    from kconv._webhook.shared_certificate import SharedCertificate

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
    own_ca: Annotated[
        str,
        typer.Option(
            "--own-ca",
            metavar="NAMESPACE/SECRET",
            help="Sign certificates here, and share them with other replicas through that Secret. "
            "Needs kconv[cluster,webhook].",
        ),
    ] = "",
    service: Annotated[
        str,
        typer.Option(metavar="NAMESPACE/NAME", help="With --own-ca: the service of the webhook."),
    ] = "",
    log_format: LOG_FORMATS = "text",
) -> None:
    """Answer ConversionReviews for the kinds of the API packages.

    Listens on this machine only, unless there is a certificate. It keeps nothing, and while it
    converts it asks no other server anything, so any number of it may run. With --own-ca it makes
    the certificate, and has the CRDs of --apis that name the service trust it, also when it is
    followed by a new one. On SIGTERM, reviews in flight finish.
    """
    from contextlib import ExitStack

    from kconv._cli.console import emit
    from kconv._scheme import load_scheme
    from kconv._serve import Listen
    from kconv._serve.log_lines import configure
    from kconv._webhook import build

    configure(log_format, "info")
    with ExitStack() as stack:
        shared = _shared(own_ca, service, apis or (), tls_cert_file or tls_private_key_file)
        if shared is not None:
            stack.callback(shared.close)
            shared.look()
            tls_cert_file, tls_private_key_file = shared.certificate, shared.key
        listen = Listen(
            host, port, tls_cert_file=tls_cert_file, tls_private_key_file=tls_private_key_file
        )
        server, bound = build(load_scheme(apis=apis or ()), listen, path=path, followed=shared)
        end_well_on_sigterm()

        def ready() -> None:
            emit(f"converting at {listen.url(bound)}{path}")

        server.on_ready = ready
        with bound:
            server.run(sockets=[bound])


def _shared(
    secret: str, service: str, apis: Sequence[str], file: Path | None
) -> SharedCertificate | None:
    from kconv._errors import UsageError

    if not secret:
        if service:
            raise UsageError("--service goes with --own-ca")
        return None
    if file is not None:
        raise UsageError("--own-ca makes the certificate: leave out --tls-cert-file")
    if not service or not apis:
        raise UsageError("--own-ca goes with --service NAMESPACE/NAME and --apis")
    from kconv._scheme import load_scheme
    from kconv._webhook.shared_certificate import shared_certificate

    crds = [str(kind.group_resource) for kind in load_scheme((), apis=apis).kinds]
    return shared_certificate(secret, service, crds)


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
    own_ca: Annotated[
        bool, typer.Option("--own-ca", help="Have the webhook make its certificate by itself.")
    ] = False,
) -> None:
    """Write manifests that run the webhook in a cluster, as YAML on standard output.

    A Deployment with probes, a Service, a PodDisruptionBudget and a ServiceAccount without rights.
    The certificate is read from the Secret NAME-tls; with --own-ca the replicas write it there, and
    have the rights for that alone, and for the CRDs of --apis. What the CRD has to say is written
    by kconv export crd --service NAMESPACE/NAME.
    """
    from kconv._cli.console import emit_bytes, say
    from kconv._codec import yaml
    from kconv._errors import UsageError
    from kconv._scheme import load_scheme
    from kconv._webhook import manifests as made

    kinds = load_scheme((), apis=apis or ()).kinds
    if own_ca and (cert_manager or not apis):
        raise UsageError("--own-ca goes with --apis, and without --cert-manager")
    documents = made(
        name=name, namespace=namespace, image=image, apis=list(apis or ()), replicas=replicas,
        cert_manager=cert_manager, crds=[str(each.group_resource) for each in kinds],
        own_ca=own_ca,
    )  # fmt: skip
    emit_bytes(yaml.encode_all(documents))
    if own_ca:
        say(
            f"next: kconv webhook install --service {namespace}/{name} "
            f"--ca-secret {namespace}/{name}-tls for the CRDs"
        )
    else:
        say(f"next: kconv export crd --service {namespace}/{name} for the CRDs")
    if cert_manager:
        say(f"and annotate them with cert-manager.io/inject-ca-from: {namespace}/{name}")


app.command()(doctor)
app.command()(install)
