"""The bounds of a server: on time, connections, requests and bytes in flight."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a client can make a server hold or wait for, with its bound.

    And what it gets where an object cannot be read.

    Limits are those of one process. Times are in seconds.
    """

    tls_handshake_timeout: Annotated[
        Seconds, Meta(description="Seconds that a TLS handshake may take.")
    ] = 10.0
    header_timeout: Annotated[
        Seconds,
        Meta(description="Seconds for a request's headers, or a connection's first byte."),
    ] = 10.0
    body_timeout: Annotated[
        Seconds, Meta(description="Seconds in which a request's body must have come.")
    ] = 60.0
    body_stall_timeout: Annotated[
        Seconds, Meta(description="Seconds that a body may pause between two pieces.")
    ] = 10.0
    idle_timeout: Annotated[
        Seconds, Meta(description="Seconds that a connection is kept between two requests.")
    ] = 90.0
    write_timeout: Annotated[
        Seconds, Meta(description="Seconds after which a client that reads nothing is cut off.")
    ] = 30.0
    shutdown_grace: Annotated[
        Seconds, Meta(description="Seconds that requests in flight have to finish after SIGTERM.")
    ] = 30.0
    max_connections: Annotated[
        Count,
        Meta(description="Open connections; lowered to what the descriptor limit leaves room for."),
    ] = 10_000
    max_connections_per_address: Annotated[
        int,
        Meta(ge=0, description="Open connections from one address; 0: half of all."),
    ] = 0
    max_header_kib: Annotated[
        Count, Meta(description="KiB that a request line and its headers may have.")
    ] = 64
    max_requests: Annotated[
        Count, Meta(description="Requests worked on at once, watches left out; more get 429.")
    ] = 400
    max_proxied: Annotated[
        Count,
        Meta(description="Requests to services, WebSockets included, at once; more get 429."),
    ] = 1_000
    max_bodies: Annotated[
        Count, Meta(description="Bodies that may be on their way in at once; more get 429.")
    ] = 1_000
    max_watches: Annotated[Count, Meta(description="Watches open at once; more get 429.")] = 5_000
    max_mib_in_flight: Annotated[
        Count,
        Meta(description="MiB that bodies and lists in flight may hold; more get 429."),
    ] = 128
    keep_changes: Annotated[
        str,
        Meta(description="How long changes are kept for watches and lists: 10m, 2h, forever."),
    ] = "10m"
    keep_changes_rows: Annotated[
        int, Meta(ge=0, description="Changes that are kept at most; 0: no bound.")
    ] = 500_000
    keep_changes_mib: Annotated[
        int, Meta(ge=0, description="MiB of changes that are kept at most, about; 0: no bound.")
    ] = 512
    leave_out_unreadable: Annotated[
        bool,
        Meta(
            description="Leave objects that cannot be read out of lists and watches, with a "
            "warning; else those fail."
        ),
    ] = False
