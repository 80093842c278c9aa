"""``kconv demo`` runs, in time, and leaves nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

CLAIMS = [
    "300 created in",
    "one object, three versions, two names: the same uid and resourceVersion",
    "written back by a v1 client, nothing of v2 is lost",
    "all 300 CronJobs are stored as batch/v1beta1, the only version on record",
    "0 rows left in batch/v1beta1; dropped from the record",
    "kconv migrate ended with 0 and the proof",
    "none was refused",
    "CronJobs that nobody wrote to are the same to the last field, resourceVersion too",
    "others have the resourceVersion of their last write",
    "writes and of nothing else",
    "all 300 CronJobs are stored as batch/v1, the only version on record",
    "no process and no file is left behind",
    "11 checks held",
]


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kconv", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder), "PYTHONUTF8": "1"},
    )


def processes(folder: Path) -> list[str]:
    """Processes that have a file of the folder on their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if str(folder).encode() in line:
            found.append(line.decode(errors="replace"))
    return found


def test_demo_tells_it_all_and_leaves_nothing(tmp_path: Path) -> None:
    began = time.monotonic()
    demo = start(tmp_path)
    out, err = demo.communicate(timeout=60)
    assert demo.returncode == 0, err
    assert time.monotonic() - began < 30
    text = " ".join(out.split())
    assert [claim for claim in CLAIMS if claim not in text] == []
    assert "\x1b" not in out
    assert list(tmp_path.iterdir()) == []
    assert processes(tmp_path) == []


def test_interrupted_demo_leaves_nothing(tmp_path: Path) -> None:
    demo = start(tmp_path)
    assert demo.stdout is not None
    for line in demo.stdout:
        if "300 created in" in line:
            break
    assert processes(tmp_path) != []
    demo.send_signal(signal.SIGINT)
    _, err = demo.communicate(timeout=30)
    assert (demo.returncode, err) == (130, "interrupted\n")
    assert list(tmp_path.iterdir()) == []
    assert processes(tmp_path) == []


def test_demo_that_finds_a_claim_untrue_fails(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from kconv._cli.demo import story\n"
        "from kconv._cli.run import run\n"
        "story.Story.look_inside = lambda self, expected: self.claim('the moon is cheese', False)\n"
        "sys.exit(run(['demo', '--objects', '30']))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert ended.returncode == 1
    assert "error: the demo claims: the moon is cheese; this does not hold" in ended.stderr
    assert list(tmp_path.iterdir()) == []
