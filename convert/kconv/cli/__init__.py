"""The command line, ``kconv``: Typer, one file per command."""

from __future__ import annotations


def main() -> None:
    """Run the command that ``sys.argv`` names, and exit with its code (see `kconv.cli.run`)."""
    from kconv.cli.run import run

    raise SystemExit(run())
