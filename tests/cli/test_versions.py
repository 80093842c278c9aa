"""``kconv versions``."""

import json

from cli.samples import Kconv


def test_every_version_as_json(kconv: Kconv) -> None:
    ended = kconv("versions", "-o", "json")
    assert (ended.code, ended.err) == (0, "")
    rows = {
        (row["group"], row["version"], row["kind"]): row
        for row in json.loads(ended.out)["versions"]
    }
    scheduled = rows["batch", "v2alpha1", "ScheduledJob"]
    assert (scheduled["resource"], scheduled["level"]) == ("scheduledjobs", "alpha")
    assert not scheduled["served"]
    beta = rows["batch", "v1beta1", "CronJob"]
    assert (beta["level"], beta["served"], beta["preferred"]) == ("beta", True, False)
    stable = rows["batch", "v1", "CronJob"]
    assert (stable["served"], stable["preferred"], stable["storage"]) == (True, True, True)
    assert not rows["", "v1", "Namespace"]["namespaced"]
    stored = [key for key, row in rows.items() if row["storage"]]
    assert len(stored) == len({(group, kind) for group, _, kind in stored})


def test_table_in_a_log_is_aligned_text(kconv: Kconv) -> None:
    ended = kconv("versions")
    header, *rows = ended.out.splitlines()
    assert header.split() == [
        "GROUP",
        "VERSION",
        "LEVEL",
        "KIND",
        "RESOURCE",
        "SERVED",
        "PREFERRED",
        "STORAGE",
        "DEPRECATED",
    ]
    assert rows[0].split()[:6] == ["core", "v1", "stable", "ConfigMap", "configmaps", "yes"]
    assert all(row[header.index("KIND") - 1] == " " for row in rows)
    assert "\x1b" not in ended.out
