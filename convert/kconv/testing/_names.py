"""What tests call a version of a kind."""

from __future__ import annotations

from kconv._scheme import Spoke


def title(spoke: Spoke) -> str:
    """``batch/v1 CronJob``, for messages."""
    return f"{spoke.api_version} {spoke.options.kind}"


def slug(spoke: Spoke) -> str:
    """``batch.v1.CronJob``, for golden files and tests; the core group is ``core``."""
    gvk = spoke.gvk
    return f"{gvk.group or 'core'}.{gvk.version}.{gvk.kind}"


def group_of(name: str) -> str:
    """The group of a version by its `slug`."""
    group = name.rsplit(".", 2)[0]
    return "" if group == "core" else group
