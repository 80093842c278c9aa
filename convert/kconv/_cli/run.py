"""Running a command: what it raises becomes a message and an exit code.

0: done. 1: the check failed, or objects are left. 2: wrong usage. 3: the environment failed.
130: Ctrl-C. 141: the reader of the output closed it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

from kconv._cli.console import is_verbose, say, speak
from kconv._cli.interrupted import Interrupted
from kconv._cli.next_commands import note
from kconv._cli.plain_arguments import plain
from kconv._errors import KconvError
from kconv._messages import error_lines

if TYPE_CHECKING:
    import typer

INTERRUPTED = 130
BROKEN_PIPE = 141


def run(arguments: Sequence[str] | None = None) -> int:
    """Run ``kconv`` with ``arguments``, those of the process by default; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if _is_closed(sys.stdout):
        # The next file opened, a database perhaps, would take its place and get what is printed.
        return fail(["error: standard output is closed: direct it to a file, or /dev/null"], 3)
    speak(0)
    note(arguments)
    began = time.monotonic()
    try:
        found = plain(arguments)
        if found is None:
            code = _run_typer(arguments)
        else:
            code = _run_plain(*found)
            sys.stdout.flush()
        if is_verbose():
            say(f"took {time.monotonic() - began:.1f} s")
        return code
    except KconvError as error:
        if is_verbose():
            import traceback

            say("".join(traceback.format_exception(error)).rstrip())
        return fail(error_lines(error), error.exit_code)
    except Interrupted as error:
        return fail([f"interrupted: {error}"], INTERRUPTED)
    except KeyboardInterrupt:
        return fail(["interrupted"], INTERRUPTED)
    except BrokenPipeError:
        # Python flushes standard output once more at exit, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        return fail([f"error: {error.strerror or error}: {error.filename or 'input or output'}"], 3)


def _is_closed(stream: IO[str] | None) -> bool:
    """Whether a standard stream was closed by who started the process: Python has none then."""
    return stream is None


def _run_plain(command: str, options: dict[str, Any]) -> int:
    quiet, verbose = options.pop("quiet", False), options.get("verbose", False)
    speak(-1 if quiet else 1 if verbose else 0)
    if command == "convert":
        from kconv._cli.convert_files import convert_and_write

        return convert_and_write(**options)
    options.pop("verbose", None)
    from kconv._cli.migrate_objects import migrate_and_report

    return migrate_and_report(**options)


def _run_typer(arguments: Sequence[str]) -> int:
    import typer

    from kconv._cli.app import command
    from kconv._cli.command_groups import ReaderGone

    try:
        code = command().main(arguments, prog_name="kconv", standalone_mode=False)
    except typer.TyperException as error:
        return fail(usage_lines(error), getattr(error, "exit_code", 2))
    except typer.Abort:
        return fail(["interrupted"], INTERRUPTED)
    except ReaderGone:
        raise BrokenPipeError from None
    if code == INTERRUPTED:
        return fail(["interrupted"], INTERRUPTED)
    return code if isinstance(code, int) else 0


def fail(lines: Sequence[str], code: int) -> int:
    """Print a message on standard error; returns ``code``."""
    from kconv._cli.console import complain

    if lines:
        complain("\n".join(lines))
    return code


def usage_lines(error: typer.TyperException) -> list[str]:
    """What is wrong with the command line, and where to read how it is meant.

    A command that needs arguments and got none shows its help instead.
    """
    context = getattr(error, "ctx", None)
    message = error.format_message().replace(": Value error, ", ": ", 1)
    if type(error).__name__ == "NoArgsIsHelpError":  # Typer exports no name for it
        print(message)
        return []
    if context is None:
        return [f"error: {message}"]
    path = " ".join(context.command_path.split())
    return [f"error: {message}", f"`{path} --help` lists the options"]
