"""Durations as people write them."""

from datetime import timedelta

import pytest

from kconv._durations import parse_duration
from kconv._errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("12h", 43_200), ("14d", 1_209_600), ("1h30m", 5400), ("0s", 0)],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text, "it") == timedelta(seconds=seconds)


def test_forever() -> None:
    assert parse_duration("forever", "it") is None


@pytest.mark.parametrize("text", ["", "14", "d", "14 d", "-1d", "1w", "1d!", "99999999d", "never"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match=r"--keep is no duration.*14d"):
        parse_duration(text, "--keep")
