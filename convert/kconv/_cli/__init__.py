"""The command line, ``kconv``: Typer, one file per command."""

from __future__ import annotations


def main() -> None:
    """Run the command that ``sys.argv`` names, and exit with its code (see `kconv._cli.run`)."""
    import gc
    import os
    import sys
    from contextlib import suppress

    # Loading makes far more objects than it drops: looking for garbage among them every 700 takes
    # a tenth of the time that a short command runs.
    gc.set_threshold(50_000, 20, 20)

    from kconv._cli.run import INTERRUPTED, run

    code = run()
    if code == INTERRUPTED:
        # Where Ctrl-C came while a string was executed, as in the making of a dataclass, Python
        # would end by the signal although it has been dealt with.
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    # The process ends: Python need not look through all that was loaded for garbage.
    gc.freeze()
    raise SystemExit(code)
