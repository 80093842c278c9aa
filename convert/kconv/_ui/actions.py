"""What visitors who have authenticated may do: steer a run, undo one, verify what is stored.

Each is shown on a page first, which says what it will do, and is done by the form on that page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from kconv._errors import Conflict, Forbidden, NotFound, UsageError
from kconv._messages import count
from kconv._ui.jobs import Job
from kconv._ui.state import Ask, Page, Redirect, State
from kconv.place import Run
from kconv_migrations import _migration as storage


@dataclass(frozen=True, slots=True)
class Action:
    """Something to be done: what it is called, what it will do, and what does it."""

    title: str
    button: str
    says: tuple[str, ...]
    do: Callable[[], object]
    back: str
    field: str = ""
    """The label of a number that it wants, if it wants one."""
    is_grave: bool = False


def action_page(state: State, ask: Ask) -> Page:
    """Say what an action will do, and have it confirmed."""
    action = find_action(state, ask)
    return Page("confirm.html", action.title, {"action": action, "steps": ask.steps})


def act(state: State, ask: Ask) -> Redirect:
    """Do what a form asks for. Raises `Forbidden` for a visitor who may not, and what it raises."""
    if not ask.visitor.may_act:
        raise Forbidden("only who has authenticated may do that")
    action = find_action(state, ask)
    action.do()
    return Redirect(action.back)


def find_action(state: State, ask: Ask) -> Action:
    """The action that a path names. Raises `NotFound`, and `Conflict` where it does not fit."""
    if ask.steps == ("verify", "start"):
        return _verify(state, ask)
    _, run_id, name = ask.steps
    run = state.place.run(run_id)
    found = {"pause": _pause, "resume": _resume, "rate": _rate, "undo": _undo}.get(name)
    if found is None:
        raise NotFound(f'there is no "{name}" of a run')
    return found(state, ask, run)


def _going_on(run: Run) -> None:
    if run.state != "running":
        raise Conflict(f"run {run.id} has ended: {run.state}")


def _pause(state: State, ask: Ask, run: Run) -> Action:
    _going_on(run)
    left = max(run.total - run.done, 0)
    return Action(
        f"Pause run {run.id}",
        "Pause the run",
        (
            (
                f"The run of {run.holder} stops reading and writing within a second or two, with "
                f"{count(left, 'row')} left of the collection that it is at."
            ),
            (
                "It keeps its lease, so that no other run can begin. Objects stay readable and "
                "writable in every version. “Resume” has it go on."
            ),
        ),
        partial(state.place.steer_run, run.id, paused=True),
        f"runs/{run.id}",
    )


def _resume(state: State, ask: Ask, run: Run) -> Action:
    _going_on(run)
    return Action(
        f"Resume run {run.id}",
        "Resume the run",
        (
            (
                f"The run of {run.holder} goes on within a second or two, with "
                f"{count(max(run.total - run.done, 0), 'row')} left of the collection that it "
                "is at."
            ),
        ),
        partial(state.place.steer_run, run.id, paused=False),
        f"runs/{run.id}",
    )


def _rate(state: State, ask: Ask, run: Run) -> Action:
    _going_on(run)

    def steer() -> None:
        try:
            rate = float(ask.form.get("number", ""))
        except ValueError:
            raise UsageError("a rate is a number of rows a second; 0 is no limit") from None
        state.place.steer_run(run.id, rate=rate)

    now = "what it was begun with" if run.rate is None else f"{run.rate:g}"
    return Action(
        f"Rate of run {run.id}",
        "Set the rate",
        (
            (
                "The run keeps to so many rows a second within a second or two; 0 is no limit. "
                f"At present: {now}."
            ),
        ),
        steer,
        f"runs/{run.id}",
        field="Rows a second",
    )


def _undo(state: State, ask: Ask, run: Run) -> Action:
    if run.state == "running":
        raise Conflict(f"run {run.id} goes on: it can be undone when it has ended")
    storage.refuse_unreadable(state.place, run.id)
    size = state.place.undo_size(run.id)
    if not size.rows:
        raise UsageError(f"run {run.id} has no before-images: there is nothing to restore")
    preferred = [
        f"{each.collection}: {each.before[0]} becomes the version that new objects are stored in, "
        f"instead of {each.to}."
        for each in run.targets
        if each.before and each.before[0] != each.to
    ]

    def begin() -> None:
        job = Job("undo", run.id, ask.visitor.name, total=size.rows)
        state.jobs.start(job, work)

    def work(job: Job) -> storage.Undone:
        def note(done: int, total: int) -> None:
            job.done, job.total = done, total

        return storage.undo(state.place, run.id, progress=note)

    return Action(
        f"Undo run {run.id}",
        "Undo the run",
        (
            *preferred,
            (
                f"{count(size.rows, 'object')} become again what they were before the run, unless "
                "somebody has written or deleted them since: those stay as they are, and are "
                "listed."
            ),
            (
                "No resourceVersion changes and no watch sees an event. It is a run itself: no "
                "other one can begin until it has ended, and it can be paused."
            ),
        ),
        begin,
        f"runs/{run.id}",
        is_grave=True,
    )


def _verify(state: State, ask: Ask) -> Action:
    rows = sum(version.rows for each in state.history.look().status for version in each.versions)

    def begin() -> None:
        state.jobs.start(Job("verify", "", ask.visitor.name, total=rows), work)

    def work(job: Job) -> list[storage.Verified]:
        found: list[storage.Verified] = []
        before = 0

        def note(verified: storage.Verified) -> None:
            job.done = before + verified.rows.total()

        with storage.executor_for(state.place, state.pipeline, 1) as executor:
            for each in storage.verify(state.place, executor, (), note):
                before += each.rows.total()
                found.append(each)
                job.result = list(found)
        return found

    return Action(
        "Verify what is stored",
        "Verify",
        (
            (
                f"All {count(rows, 'row')} are read and decoded, and objects that have a before-"
                "image are compared with it. Nothing is written."
            ),
            "It takes about as long as a rehearsal of a migration, and this server's processor.",
        ),
        begin,
        "verify",
    )
