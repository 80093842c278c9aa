"""Options of writes, and what is remembered of them."""

from kconv._serve import options
from kconv._serve.options import Query, write_options


def test_user_agents_of_any_length_are_not_all_remembered() -> None:
    """A client chooses what it is called, within the bound of headers: 64 KiB, a thousand times."""
    known = options._plain_options.cache_info
    before = known().currsize
    for length in (10_000, 60_000):
        found = write_options(Query(), "CreateOptions", f"a{length}/{'x' * length}")
        assert found.field_manager == f"a{length}"
    assert known().currsize == before
    assert write_options(Query(), "CreateOptions", "tool/1") is (
        write_options(Query(), "CreateOptions", "tool/1")
    )
