"""The migration of stored objects: flipping the storage version, rewriting rows, proving it.

`plan` says what is to be done and `survey` what that would meet; `migrate` does it, `verify`
checks every row again, `undo` goes back; `status` counts what is there, and `may_drop` says
whether a version may leave the code. `executor_for` chooses who converts the rows.
"""

from kconv._pipeline.reencode import Reencoder
from kconv_migrations._executors.choice import executor_for
from kconv_migrations._executors.executor import Executor, InProcessExecutor
from kconv_migrations._executors.references import Reference, References
from kconv_migrations._executors.selection import Condition, parse_conditions
from kconv_migrations._executors.worker_executor import WorkerExecutor, default_workers
from kconv_migrations._migration.failure_limit import FailureLimit, parse_failure_limit
from kconv_migrations._migration.gate import Gate, gates
from kconv_migrations._migration.lease import LEASE, Held, hold, live_run
from kconv_migrations._migration.may_drop import (
    DAYS,
    MANY,
    Verdict,
    are_few,
    may_drop,
    removable,
)
from kconv_migrations._migration.outcome import Outcome, Progress
from kconv_migrations._migration.plan import Target, in_groups, plan, preferred_targets
from kconv_migrations._migration.reference_rewrite import (
    CollectionReferences,
    find_references,
    outdated_references,
    rewrite_references,
)
from kconv_migrations._migration.repair import Repaired, exported, repair
from kconv_migrations._migration.retry import wait_for
from kconv_migrations._migration.run import migrate
from kconv_migrations._migration.settings import LIVE, Settings
from kconv_migrations._migration.status import CollectionStatus, VersionStatus, status, undecodable
from kconv_migrations._migration.survey import Survey, TargetSurvey, survey
from kconv_migrations._migration.throttle import Limits
from kconv_migrations._migration.undo import Undone, drop_undo, refuse_unreadable, undo
from kconv_migrations._migration.verify import (
    NOT_PREFERRED,
    QuarantineCheck,
    Verified,
    check_quarantine,
    verify,
)
from kconv_migrations._migration.vouched import Vouched, parse_vouched

__all__ = [
    "DAYS",
    "LEASE",
    "LIVE",
    "MANY",
    "NOT_PREFERRED",
    "CollectionReferences",
    "CollectionStatus",
    "Condition",
    "Executor",
    "FailureLimit",
    "Gate",
    "Held",
    "InProcessExecutor",
    "Limits",
    "Outcome",
    "Progress",
    "QuarantineCheck",
    "Reencoder",
    "Reference",
    "References",
    "Repaired",
    "Settings",
    "Survey",
    "Target",
    "TargetSurvey",
    "Undone",
    "Verdict",
    "Verified",
    "VersionStatus",
    "Vouched",
    "WorkerExecutor",
    "are_few",
    "check_quarantine",
    "default_workers",
    "drop_undo",
    "executor_for",
    "exported",
    "find_references",
    "gates",
    "hold",
    "in_groups",
    "live_run",
    "may_drop",
    "migrate",
    "outdated_references",
    "parse_conditions",
    "parse_failure_limit",
    "parse_vouched",
    "plan",
    "preferred_targets",
    "refuse_unreadable",
    "removable",
    "repair",
    "rewrite_references",
    "status",
    "survey",
    "undecodable",
    "undo",
    "verify",
    "wait_for",
]
