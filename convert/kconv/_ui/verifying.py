"""What verifying has found."""

from __future__ import annotations

from typing import Any

from kconv._ui.state import Ask, Page, State


def verify_values(state: State) -> dict[str, Any]:
    """The values of the page: the verification that goes on, or the last one."""
    return {"job": state.jobs.last("verify")}


def verify_page(state: State, ask: Ask) -> Page:
    """The last verification."""
    return Page("verify.html", "Verify", verify_values(state), live="verify")
