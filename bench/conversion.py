"""What it costs to convert one object from bytes to bytes."""

import json
from collections.abc import Iterator

from bench.figure import Figure, microseconds
from kconv.gvk import GroupVersion
from kconv.pipeline import Pipeline
from kconv.scheme import load_scheme

CRON_JOB = {
    "kind": "CronJob",
    "apiVersion": "batch/v1beta1",
    "metadata": {
        "name": "nightly-report",
        "namespace": "default",
        "labels": {"app": "report", "team": "finance"},
        "annotations": {"example.com/owner": "finance@example.com"},
    },
    "spec": {
        "schedule": "30 2 * * *",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 300,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
        "jobTemplate": {
            "spec": {
                "backoffLimit": 4,
                "template": {
                    "metadata": {"labels": {"app": "report"}},
                    "spec": {
                        "restartPolicy": "OnFailure",
                        "containers": [
                            {
                                "name": "report",
                                "image": "registry.example.com/report:1.7.2",
                                "args": ["--month", "previous", "--format", "pdf"],
                                "env": [{"name": "TZ", "value": "UTC"}],
                                "resources": {
                                    "requests": {"cpu": "250m", "memory": "128Mi"},
                                    "limits": {"memory": "512Mi"},
                                },
                            }
                        ],
                    },
                },
            }
        },
    },
}


def figures() -> Iterator[Figure]:
    """Measure a CronJob of about 900 bytes; the bound is JSON read and written unchecked."""
    data = json.dumps(CRON_JOB, separators=(",", ":")).encode()
    pipeline = Pipeline(load_scheme({"batch"}))
    target = GroupVersion("batch", "v1")
    bound = microseconds(lambda: json.dumps(json.loads(data), separators=(",", ":")).encode())
    yield Figure(
        "convert-cronjob-v1beta1-to-v1",
        microseconds(lambda: pipeline.convert(data, target)),
        "us",
        bound=bound,
    )
