"""Fixtures for every test."""

import os
import signal

import pytest
from hypothesis import settings

from fixtures.long import examples, is_left_out

# Sound objects that the compiled engine does not take fail the tests, in child processes too.
os.environ["KCONV_ENGINE_FALLBACK"] = "raise"
for variable in ("KCONV_APIS", "KCONV_DB"):
    os.environ.pop(variable, None)

pytest_plugins = [
    "fixtures.chromium",
    "fixtures.collector",
    "fixtures.connections",
    "fixtures.kubectl",
    "fixtures.postgres",
    "fixtures.reference",
]


# How long an example takes depends on what else the machine does; `make bench` measures.
settings.register_profile("kconv", deadline=None, max_examples=examples(100))
settings.load_profile("kconv")


def pytest_configure() -> None:
    """Take SIGINT, for the suite and for the processes that it starts.

    Where the suite is started in the background, it inherits that SIGINT is ignored, and so would
    they.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what takes longest to long runs."""
    for item in items:
        if is_left_out(item):
            item.add_marker(pytest.mark.skip(reason="KCONV_TEST_LONG is not set"))
