"""An operator of devices: kopf handles what happens to them, kconv converts their versions.

    $ pip install kopf 'kconv[cluster,webhook]'
    $ kopf run --all-namespaces device_operator.py

It answers ConversionReviews on the event loop that its handlers run on. In a cluster, with
``OWN_CA=NAMESPACE/SECRET`` and ``SERVICE=NAMESPACE/NAME``, it signs its certificate itself, and
shares it with its other replicas: kopf has one of them handle, while all of them convert. Or it
serves the certificate in ``TLS_CERT_FILE``, whose key is in ``TLS_PRIVATE_KEY_FILE``.
"""

import os
from typing import Any

import kopf

from devices import GROUP, register
from kconv import ConversionServer, Scheme

scheme = Scheme()
register(scheme)
scheme.freeze()

own_ca = os.environ.get("OWN_CA", "")
conversions = ConversionServer(
    scheme,
    host="0.0.0.0" if own_ca else "127.0.0.1",
    port=int(os.environ.get("WEBHOOK_PORT", "9443")),
    tls_cert_file=os.environ.get("TLS_CERT_FILE"),
    tls_private_key_file=os.environ.get("TLS_PRIVATE_KEY_FILE"),
    own_ca=own_ca,
    service=os.environ.get("SERVICE", ""),
)


@kopf.on.startup()
async def begin(settings: kopf.OperatorSettings, logger: kopf.Logger, **_: Any) -> None:
    """Convert before anything is handled: what is handled may have to be converted."""
    settings.posting.enabled = False
    settings.persistence.finalizer = f"{GROUP}/operator"
    logger.info(f"converting at {await conversions.start()}")


@kopf.on.cleanup()
async def end(**_: Any) -> None:
    """Answer the reviews that are in flight."""
    await conversions.stop()


@kopf.on.create(GROUP, "v2", "devices")
async def greet(spec: kopf.Spec, patch: kopf.Patch, **_: Any) -> None:
    """Note on a device what it was made with, as this version of it says."""
    patch.metadata.annotations["devices.example.com/power"] = spec.get("power", "")
