"""What a scheme promises, in one number: whether two processes have the same API packages."""

from __future__ import annotations

from hashlib import sha256

from kconv._check.lock.build import locks_of
from kconv._check.lock.text import text_of
from kconv._scheme import Scheme


def digest_of(scheme: Scheme) -> str:
    """The SHA-256 of the lock of everything that a frozen scheme has."""
    locks = locks_of(scheme)
    texts = (text_of(locks[version]) for version in sorted(locks))
    return sha256("".join(texts).encode()).hexdigest()
