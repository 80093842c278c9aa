"""What the conversion of a structural kind raises."""

from __future__ import annotations

from kconv._errors import KconvError


class Unconverted(KconvError):
    """Objects cannot be converted just now: the webhook fails, and may not later."""

    reason = ""
