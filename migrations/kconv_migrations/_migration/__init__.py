"""The stored objects: flipping the version they are encoded in, rewriting them, and the proof.

`plan` says what is to be done and `survey` what that would meet; `migrate` does it, `verify`
looks at every row again, `undo` goes back; `status` counts what is there, and `may_drop` says
whether a version may leave the code.
"""

from kconv_migrations._executors.references import Reference, References
from kconv_migrations._executors.rewrite import Reencoder
from kconv_migrations._executors.workers import Hands, InProcess, Workers, default_workers
from kconv_migrations._migration.lease import LEASE, Held, hold
from kconv_migrations._migration.may_drop import DAYS, Verdict, may_drop
from kconv_migrations._migration.outcome import LIVE, Outcome, Progress, Settings
from kconv_migrations._migration.plan import Target, as_preferred, plan
from kconv_migrations._migration.repair import (
    Referring,
    references_of,
    referring,
    rewrite_references,
)
from kconv_migrations._migration.run import migrate
from kconv_migrations._migration.status import ResourceStatus, VersionStatus, status, undecodable
from kconv_migrations._migration.survey import Survey, TargetSurvey, survey
from kconv_migrations._migration.undo import Undone, drop_undo, undo
from kconv_migrations._migration.verify import LookedAgain, Verified, look_again, verify

__all__ = [
    "DAYS",
    "LEASE",
    "LIVE",
    "Hands",
    "Held",
    "InProcess",
    "LookedAgain",
    "Outcome",
    "Progress",
    "Reencoder",
    "Reference",
    "References",
    "Referring",
    "ResourceStatus",
    "Settings",
    "Survey",
    "Target",
    "TargetSurvey",
    "Undone",
    "Verdict",
    "Verified",
    "VersionStatus",
    "Workers",
    "as_preferred",
    "default_workers",
    "drop_undo",
    "hold",
    "look_again",
    "may_drop",
    "migrate",
    "plan",
    "references_of",
    "referring",
    "rewrite_references",
    "status",
    "survey",
    "undecodable",
    "undo",
    "verify",
]
