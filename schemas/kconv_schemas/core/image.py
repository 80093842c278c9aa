"""Image references, as far as defaulting needs to read them."""

from __future__ import annotations

import re
from functools import lru_cache

_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_HOST = (
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*"
)
_HOST += r"|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = re.compile(
    rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*(?::(?P<tag>\w[\w.-]{{0,127}}))?(?:@(?P<digest>{_DIGEST}))?",
    re.ASCII,
)
_IMAGE_ID = re.compile(r"[a-f0-9]{64}")


def image_tag(image: str) -> str:
    """The tag that an image reference names.

    ``latest`` when it names neither tag nor digest; empty for a digest alone, and for what is no
    image reference (`distribution/reference`, which Kubernetes reads images with).
    """
    match = _REFERENCE.fullmatch(image)
    if match is None or _IMAGE_ID.fullmatch(image):
        return ""
    return match["tag"] or ("" if match["digest"] else "latest")


def pull_policy(image: str) -> str:
    """The pull policy of a container that states none: ``Always`` for ``latest`` alone."""
    name = image.rpartition("/")[2]
    if ":" in name and "@" not in name and not name.endswith(":latest"):
        # Most say another tag; where that is none, the image is none either.
        return "IfNotPresent"
    return _pull_policy(image)


@lru_cache(maxsize=4096)
def _pull_policy(image: str) -> str:
    return "Always" if image_tag(image) == "latest" else "IfNotPresent"
