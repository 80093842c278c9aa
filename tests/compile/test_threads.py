"""The compiled types are built once, whichever thread comes first."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import threading
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._scheme import load_scheme

pipeline = Pipeline(load_scheme({"autoscaling", ""}))
data = (
    b'{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"name":"a"},'
    b'"spec":{"maxReplicas":3,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"a"}}}'
)
barrier = threading.Barrier(8)
results = []

def convert():
    barrier.wait()
    for version in ("v2", "v1"):
        decoded = pipeline.decode(data)
        results.append(pipeline.convert(data, GroupVersion("autoscaling", version)))
        pipeline.load(decoded.value)

threads = [threading.Thread(target=convert) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(results) == 16 and len(set(results)) == 2, results
"""


def test_threads_may_come_at_once() -> None:
    for _ in range(5):
        subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=60)
