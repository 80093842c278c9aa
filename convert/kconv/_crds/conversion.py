"""How the versions of a CRD are converted: by nothing but their names, or by a webhook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kconv._crds.webhook import Services, Webhook
from kconv._structural import Conversion

Document = dict[str, Any]


def conversion_of(stanza: Mapping[str, Any], services: Services) -> tuple[Conversion, bool]:
    """The conversion that ``spec.conversion`` says, and whether it waits for somebody else."""
    if stanza.get("strategy") == "Webhook" and stanza.get("webhook"):
        return Webhook(stanza["webhook"], services).convert, True
    return by_name, False


def by_name(objects: Sequence[Document], to: str) -> list[Document]:
    """Objects with another apiVersion; what that does not have is pruned later."""
    return [{**each, "apiVersion": to} for each in objects]
