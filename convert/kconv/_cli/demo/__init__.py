"""``kconv demo``: the whole story, on a temporary database, checking itself."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def demo(
    objects: Annotated[
        int, typer.Option(min=30, max=20_000, metavar="N", help="How many CronJobs to store.")
    ] = 300,
) -> None:
    """Tell the whole story on a temporary database, in under 30 seconds, and check each claim.

    Creates through an old version, reads through the newer ones, shows what is stored, flips the
    stored version and migrates under a writer and a watcher. Nothing is left behind. Ends with 1
    if a claim does not hold.
    """
    from kconv._cli.demo.screen import Screen
    from kconv._cli.demo.stage import Stage
    from kconv._cli.demo.story import Story

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with Stage() as stage:
        Story(stage, Screen(sys.stdout), objects).tell()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
