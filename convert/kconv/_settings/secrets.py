"""Database URLs as they may be shown."""

from __future__ import annotations

import re
from typing import Final

# As SQLAlchemy reads a URL, a password may hold slashes and question marks as they are.
_PASSWORD: Final = re.compile(r"(://[^:/?@]*):.*@")
_PARAMETER: Final = re.compile(r"\b((?:password|sslpassword|passfile)=)[^&]*", re.IGNORECASE)


def without_secrets(url: str) -> str:
    """A URL that a user gave, however broken, with asterisks in place of passwords."""
    return _PARAMETER.sub(r"\1***", _PASSWORD.sub(r"\1:***@", url))
