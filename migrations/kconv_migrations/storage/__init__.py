"""The stored objects: flipping the version they are encoded in, rewriting them, and the proof.

`plan` says what is to be done, `migrate` does it, `status` counts what is there.
"""

from kconv_migrations.storage.plan import Target, check_decodable, plan
from kconv_migrations.storage.rewrite import Reencoder
from kconv_migrations.storage.run import Failure, Outcome, Progress, Settings, migrate
from kconv_migrations.storage.status import ResourceStatus, VersionStatus, status

__all__ = [
    "Failure",
    "Outcome",
    "Progress",
    "Reencoder",
    "ResourceStatus",
    "Settings",
    "Target",
    "VersionStatus",
    "check_decodable",
    "migrate",
    "plan",
    "status",
]
