"""The API group batch: jobs, and cron jobs under both their names."""

from __future__ import annotations

from kconv import Scheme
from kconv.edges import Edge
from kconv_schemas import zeros  # noqa: F401 - says which fields leave out zeros
from kconv_schemas.batch import (
    columns,  # noqa: F401 - adds the printer columns to the types
    defaults,  # noqa: F401 - adds the computed defaults to the types
    hub,
    jobs,  # noqa: F401 - adds the rules of jobs to the types
    policies,  # noqa: F401 - adds those of their policies
    v1beta1,
    v2alpha1,
    validation,  # noqa: F401 - adds the rules to the types
)
from kconv_schemas.batch.v1 import types as v1
from kconv_schemas.core import pods  # noqa: F401 - adds the defaults and rules of pod templates


def register(scheme: Scheme) -> None:
    """Add the kinds of batch to a scheme."""
    scheme.add(hub.Job, Edge(v1.Job), Edge(v2alpha1.Job), storage="batch/v1")
    scheme.add(
        hub.CronJob,
        Edge(v1.CronJob),
        Edge(v1beta1.CronJob),
        Edge(v2alpha1.CronJob),
        Edge(v2alpha1.ScheduledJob),
        storage="batch/v1",
    )
