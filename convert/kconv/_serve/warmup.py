"""Warm-up: every version is used once before the first request.

What a version is compiled to is built on first use; doing that here makes the first request as
fast as the others.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from itertools import product
from typing import Any

from kconv._codec import json as json_codec
from kconv._errors import KconvError
from kconv._pipeline import Decoded, FieldValidation, Pipeline
from kconv._scheme import Spoke

_VALIDATIONS: tuple[FieldValidation, ...] = ("Ignore", "Warn", "Strict")
_log = logging.getLogger(__name__)


def warm_up(pipeline: Pipeline) -> None:
    """Decode, convert and encode an empty object of each version, in each way there is."""
    for kind in pipeline.scheme.kinds:
        for spoke in kind.spokes:
            for trusted, validation in product((True, False), _VALIDATIONS):
                _decode(pipeline, spoke, validation, trusted=trusted)
            _convert(pipeline, spoke)


def _sample(spoke: Spoke) -> dict[str, Any]:
    gvk = spoke.gvk
    return {"kind": gvk.kind, "apiVersion": gvk.api_version, "metadata": {"name": "x"}}


def _decode(
    pipeline: Pipeline, spoke: Spoke, validation: FieldValidation, *, trusted: bool
) -> Decoded | None:
    decoded = None
    sample = _sample(spoke)
    # An empty object may well break rules; its types are built by then.
    with suppress(KconvError):
        decoded = pipeline.load(sample, spoke=spoke, field_validation=validation, trusted=trusted)
    with suppress(KconvError):
        decoded = pipeline.decode(
            json_codec.encode(sample), spoke=spoke, field_validation=validation, trusted=trusted
        )
    return decoded


def _convert(pipeline: Pipeline, spoke: Spoke) -> None:
    decoded = _decode(pipeline, spoke, "Ignore", trusted=True)
    if decoded is None:
        return
    try:
        hub = pipeline.to_hub(decoded)
        for other in spoke.kind.spokes:
            converted = pipeline.from_hub(hub, other)
            pipeline.encode(converted)
            pipeline.dump(converted)
            pipeline.check_update(converted, converted)
    except Exception as error:  # noqa: BLE001 - rules are users' code, which may need what is not here
        _log.debug("%s cannot be converted when it is empty: %s", spoke.gvk, error)
