"""The command line, ``kconv``: Typer, one file per command."""

from __future__ import annotations


def main() -> None:
    """Run the command that ``sys.argv`` names, and exit with its code (see `kconv.cli.run`)."""
    import gc

    # Loading makes far more objects than it drops: looking for garbage among them every 700 takes
    # a tenth of the time that a short command runs.
    gc.set_threshold(50_000, 20, 20)

    from kconv.cli.run import run

    code = run()
    # The process ends: Python need not look through all that was loaded for garbage.
    gc.freeze()
    raise SystemExit(code)
