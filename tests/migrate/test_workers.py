"""Worker processes: answers in order, errors where the job came from."""

from collections.abc import Iterator, Sequence

import pytest

from kconv.gvk import GroupResource
from kconv.pipeline import Pipeline
from kconv.store import Stored
from kconv_migrations.rows.jobs import Job
from kconv_migrations.rows.workers import Workers
from kconv_migrations.storage.pages import through
from migrate.samples import NEW, OLD, encoded, key

RESOURCE = GroupResource("batch", "cronjobs")


@pytest.fixture
def hands() -> Iterator[Workers]:
    with Workers(2, {"batch"}) as found:
        yield found


def stored(pipeline: Pipeline, name: str) -> Stored:
    return Stored(key(name), "uid", OLD, 1, encoded(pipeline, name))


def rehearsal(page: Sequence[Stored]) -> Job:
    return Job("rehearse", RESOURCE, NEW, [(each.api_version, each.data) for each in page])


def rewriting(page: Sequence[Stored]) -> Job:
    return Job("rewrite", RESOURCE, NEW, [(each.api_version, each.data) for each in page])


def test_answers_are_those_of_the_pages(hands: Workers, pipeline: Pipeline) -> None:
    pages = [[stored(pipeline, f"n{each}")] * (1 + each % 7) for each in range(60)]
    found = through(hands, pages, rewriting)
    for number, (page, done) in enumerate(found):
        assert page is pages[number]
        assert done.data == [encoded(pipeline, f"n{number}", NEW)] * len(page)


def test_what_cannot_be_loaded_is_raised_by_the_job(pipeline: Pipeline) -> None:
    with Workers(1, {"batch"}, ["nowhere:register"]) as hands:
        future = hands.submit(rehearsal([stored(pipeline, "n")]))
        with pytest.raises(Exception, match="nowhere"):
            future.result(timeout=60)
