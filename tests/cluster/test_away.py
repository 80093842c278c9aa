"""API servers that are busy, away for a while, or gone; lists that expire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cluster.api_server import ApiServer, Failed, Request
from cluster.conftest import (
    CRD,
    NEW,
    Open,
    fill,
    patches,
    run,
    versions,
)
from kconv import Conflict, Unavailable


def busy(request: Request) -> None:
    raise Failed(429, "storage is (re)initializing", "TooManyRequests", retry=0)


def away(request: Request) -> None:
    raise Failed(0, drop=True)


def broken(request: Request) -> None:
    raise Failed(503, "the server is currently unable to handle the request")


def unreachable(request: Request) -> None:
    if request.path.startswith(f"/apis/{NEW}"):
        raise Failed(
            500,
            'conversion webhook for x, Kind=Gadget failed: Post "https://…": connection refused',
        )


def nonsense(request: Request) -> None:
    raise Failed(200, "")


@pytest.mark.parametrize("fault", [busy, away, broken, unreachable])
def test_a_server_that_is_away_for_a_while_is_waited_for(
    server: ApiServer, opened: Open, fault: Callable[[Request], None]
) -> None:
    fill(server, 12)
    number = [0]

    def now_and_then(request: Request) -> None:
        number[0] += 1
        if number[0] % 4 == 0:
            fault(request)

    place = opened()
    server.faults.append(now_and_then)
    outcome = run(place, batch_size=5)
    assert (outcome.objects, outcome.failures, outcome.done) == (12, [], True)
    assert versions(server) == ["v1"]


@pytest.mark.parametrize("fault", [busy, away, broken, unreachable])
def test_one_that_stays_away_ends_the_run_and_the_next_goes_on(
    server: ApiServer, opened: Open, fault: Callable[[Request], None]
) -> None:
    fill(server, 12)
    place = opened()
    place.connection._patience = 0.1

    def from_the_fifth_patch_on(request: Request) -> None:
        if len(patches(server)) >= 5:
            fault(request)

    server.faults.append(from_the_fifth_patch_on)
    with pytest.raises(Unavailable):
        run(place, batch_size=2)
    assert versions(server) == ["v1beta1", "v1"]
    assert place.quarantined() == []
    server.faults.clear()
    done = server.stored_versions(CRD).count("v1")
    assert 5 <= done < 12
    del server.calls[:]
    again = run(opened(), batch_size=2)
    assert again.done
    # It goes on from there; what was written as the server went away is written once more.
    assert 12 - done <= again.objects <= 12 - done + 2
    assert versions(server) == ["v1"]


def test_lists_that_expire_go_on(
    server: ApiServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kconv._cluster.listing.Paged._page", _compacting(server))
    fill(server, 40)
    outcome = run(opened(), batch_size=7)
    assert (outcome.objects, outcome.done) == (40, True)
    assert versions(server) == ["v1"]


def _compacting(server: ApiServer) -> Any:
    """Pages of three objects; every fifth continue token is too old by the time it is used."""
    from kconv._cluster.listing import Paged

    ask, number = Paged._page, [0]

    def page(self: Any, token: str) -> Any:
        self._limit = 3
        number[0] += 1
        if token and number[0] % 5 == 0:
            server.compacted = True
        return ask(self, token)

    return page


@pytest.mark.parametrize("status", [429, 500])
def test_a_version_that_went_though_objects_are_in_it_is_told_at_once(
    server: ApiServer, opened: Open, status: int
) -> None:
    """As recorded of Kubernetes, which says 429: to wait for it would be to wait for ever."""
    fill(server, 3)

    def lost(request: Request) -> None:
        if request.path.endswith("/gadgets"):
            said = "failed to list: request to convert CR from an invalid group/version: g.dev/v0"
            raise Failed(status, said, "TooManyRequests" if status == 429 else "", retry=60)

    place = opened()
    server.faults.append(lost)
    with pytest.raises(Conflict, match=r"has no v0 any more.*Put v0 back into spec\.versions"):
        run(place)
    assert patches(server) == []
