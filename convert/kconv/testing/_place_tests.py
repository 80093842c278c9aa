"""`PlaceTests`: what a migration promises, held against a place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kconv.place import Place
from kconv.testing._place_failure_tests import FailureTests
from kconv.testing._place_ground import PlaceGround
from kconv.testing._place_lease_tests import LeaseTests
from kconv.testing._place_row_tests import RowTests
from kconv.testing._place_run_tests import RunTests


class PlaceTests(RowTests, RunTests, FailureTests, LeaseTests):
    """Tests of a `kconv.place.Place`: subclass it in a test module, and give a fixture ``ground``.

    ::

        class TestRedisPlace(PlaceTests):
            @pytest.fixture
            def ground(self, tmp_path):
                return RedisGround(tmp_path)     # a PlaceGround

    They cover what a run, its undo, its proof and its quarantine rely on: that each row comes once,
    that a write is refused where somebody was faster, that what was there comes back.
    """

    @pytest.fixture
    def place(self, ground: PlaceGround) -> Iterator[Place]:
        """The place of the ground."""
        found = ground.open()
        yield found
        found.close()
