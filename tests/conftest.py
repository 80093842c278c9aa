"""Fixtures for every test."""

import os
import signal

from hypothesis import settings

# Sound objects that the compiled engine does not take fail the tests, in child processes too.
os.environ["KCONV_ENGINE_FALLBACK"] = "raise"

pytest_plugins = ["fixtures.kubectl", "fixtures.postgres", "fixtures.reference"]


# How long an example takes depends on what else the machine does; `make bench` measures.
settings.register_profile("kconv", deadline=None)
settings.load_profile("kconv")


def pytest_configure() -> None:
    """Take SIGINT, for the suite and for the processes that it starts.

    Where the suite is started in the background, it inherits that SIGINT is ignored, and so would
    they.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
