"""Lists of indexes, as policies of jobs have them, and mounts."""

import pytest

from kconv_schemas.batch.policies import BadIndexes, count_indexes
from kconv_schemas.core.containers import of_pod


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("0", 1), ("1,3-5", 4), ("0-4", 5), ("0-1,2", 3)]
)
def test_indexes(text: str, count: int) -> None:
    assert count_indexes(text, 6) == count


@pytest.mark.parametrize(
    "text", ["1,1", "1-3,3", "3-1", "2-2", "6", "0-6", "x", "1-2-3", "1,", "2,1"]
)
def test_bad_indexes(text: str) -> None:
    with pytest.raises(BadIndexes):
        count_indexes(text, 6)


@pytest.mark.parametrize(("privileged", "count"), [(True, 0), (False, 1)])
def test_mounts_that_are_seen_outside_need_privileges(privileged: bool, count: int) -> None:
    mount = {"name": "v", "mountPath": "/v", "mountPropagation": "Bidirectional"}
    container = {
        "name": "c",
        "volumeMounts": [mount],
        "securityContext": {"privileged": privileged},
    }
    pod = {"volumes": [{"name": "v", "emptyDir": {}}], "containers": [container]}
    assert len(list(of_pod(pod))) == count
