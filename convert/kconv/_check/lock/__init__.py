"""Lock files: what every version of an API promises, one readable file per group/version."""

from kconv._check.lock.build import locks_of
from kconv._check.lock.digest import digest_of
from kconv._check.lock.document import (
    DOCUMENT,
    ConversionLock,
    Facts,
    FieldLock,
    KindLock,
    Locks,
    TypeLock,
    VersionLock,
)
from kconv._check.lock.folder import parsed, read_folder, stale_files, texts_of, write_folder
from kconv._check.lock.plan import LockPlan, lock_plan
from kconv._check.lock.read import read_lock
from kconv._check.lock.revision import read_revision
from kconv._check.lock.text import text_of

__all__ = [
    "DOCUMENT",
    "ConversionLock",
    "Facts",
    "FieldLock",
    "KindLock",
    "LockPlan",
    "Locks",
    "TypeLock",
    "VersionLock",
    "digest_of",
    "lock_plan",
    "locks_of",
    "parsed",
    "read_folder",
    "read_lock",
    "read_revision",
    "stale_files",
    "text_of",
    "texts_of",
    "write_folder",
]
