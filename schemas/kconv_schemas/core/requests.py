"""What all containers of a pod ask for together, as ``component-helpers/resource`` adds it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from kconv.fields import quantity_value

Amounts = dict[str, Decimal]


def container_requests(spec: Mapping[str, Any]) -> dict[str, str]:
    """The sum of the containers' requests, or that of an init container where it is more.

    An init container that restarts always goes on running beside those that come after it.
    """
    first_texts: dict[str, str] = {}
    total = _sum(spec.get("containers", ()), first_texts)
    running: Amounts = {}
    most: Amounts = {}
    for container in spec.get("initContainers", ()):
        own = _sum([container], first_texts)
        if container.get("restartPolicy") == "Always":
            _add(total, own)
            _add(running, own)
            own = running
        else:
            own = dict(own)
            _add(own, running)
        for name, amount in own.items():
            most[name] = max(amount, most.get(name, amount))
    for name, amount in most.items():
        total[name] = max(amount, total.get(name, amount))
    return {name: _text(amount, first_texts[name]) for name, amount in total.items()}


def _sum(containers: Iterable[Mapping[str, Any]], first_texts: dict[str, str]) -> Amounts:
    total: Amounts = {}
    for container in containers:
        for name, text in container.get("resources", {}).get("requests", {}).items():
            first_texts.setdefault(name, text)
            _add(total, {name: Decimal(quantity_value(text))})
    return total


def _add(total: Amounts, more: Mapping[str, Decimal]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, Decimal()) + amount


def _text(amount: Decimal, like: str) -> str:
    """An amount in the style of another one; decoding it gives the canonical spelling."""
    if like.endswith("i") and amount % 1024 == 0:
        return f"{amount / 1024:f}Ki"
    return f"{amount * 1000:f}m"
