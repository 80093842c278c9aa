"""The settings of ``kconv serve``: one declaration for the file, the environment and the flags."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kconv._settings.limits import Limits

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


class Settings(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that ``kconv serve`` can be told.

    Each field is a key of the configuration file (``tls_cert_file``), an environment variable
    (``KCONV_SERVE_TLS_CERT_FILE``) and a flag (``--tls-cert-file``) at once; its type, bounds and
    help are said here, and nowhere else.
    """

    db: Annotated[
        str,
        Meta(description="Database: sqlite:///FILE or postgresql://USER@HOST/NAME; $KCONV_DB."),
    ] = "sqlite:///kconv.db"
    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65535, description="Port to listen on; 0: any free one.")
    ] = 8001
    processes: Annotated[
        int, Meta(ge=1, le=256, description="Processes that share the port and the work.")
    ] = 1
    runtime_config: Annotated[
        str,
        Meta(
            description="Versions to turn on or off, such as batch/v2alpha1=true; alpha ones are "
            "off."
        ),
    ] = ""
    group: Annotated[
        list[str],
        Meta(
            description="Serve this group only, such as batch; core is the core group; repeatable."
        ),
    ] = msgspec.field(default_factory=list)
    apis: Annotated[
        list[str],
        Meta(description="Load this API package too, beside those that are installed; repeatable."),
    ] = msgspec.field(default_factory=list)
    crds: Annotated[
        bool,
        Meta(description="Serve CustomResourceDefinitions, and the kinds that they declare."),
    ] = False
    webhook_service: Annotated[
        list[str],
        Meta(
            description="Where the service of a conversion webhook is, as "
            "NAMESPACE/NAME=HOST:PORT; others are taken to be on this machine; repeatable."
        ),
    ] = msgspec.field(default_factory=list)
    proxy_service: Annotated[
        list[str],
        Meta(
            description="A service that clients may reach through services/NAME/proxy, as "
            "NAMESPACE/NAME[:PORT]=URL; repeatable."
        ),
    ] = msgspec.field(default_factory=list)
    proxy_allow: Annotated[
        list[str],
        Meta(
            description="Who may reach such a service, as NAMESPACE/NAME=WHO[,WHO...], each a user "
            "or group:NAME of the token file; by default all who have a token; repeatable."
        ),
    ] = msgspec.field(default_factory=list)
    token_auth_file: Annotated[
        str, Meta(description="Lines of token,user,uid[,groups]: requests need one.")
    ] = ""
    tls_cert_file: Annotated[str, Meta(description="Certificate, to serve HTTPS.")] = ""
    tls_private_key_file: Annotated[str, Meta(description="The certificate's private key.")] = ""
    allowed_host: Annotated[
        list[str],
        Meta(description="Another name of this server, besides those of loopback; repeatable."),
    ] = msgspec.field(default_factory=list)
    trusted_proxy: Annotated[
        list[str],
        Meta(description="Address or network whose X-Forwarded-For is believed; repeatable."),
    ] = msgspec.field(default_factory=list)
    cache_mib: Annotated[
        int, Meta(ge=0, description="MiB of memory to cache encoded objects in; 0: none.")
    ] = 64
    garbage_collection: Annotated[
        bool, Meta(description="Delete objects whose owners are gone, as propagation policies say.")
    ] = True
    ui: Annotated[
        bool, Meta(description="A page to look at, at /ui/; needs Jinja2: pip install 'kconv[ui]'.")
    ] = False
    access_log: Annotated[bool, Meta(description="Log each request.")] = False
    log_format: Annotated[LogFormat, Meta(description="How log lines are written.")] = "text"
    log_level: Annotated[LogLevel, Meta(description="The least that is logged.")] = "info"
