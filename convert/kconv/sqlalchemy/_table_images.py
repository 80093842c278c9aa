"""Before-images of a `TablePlace`: kept with what a run writes, compared, and put back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, text

from kconv._errors import StoreError
from kconv._store.bookkeeping import Kept, place_in_order
from kconv._store.database_errors import is_of_row
from kconv.place import BeforeImage, Key, Restored, Row, RowName, Where
from kconv.place._rows import spoke_in
from kconv.sqlalchemy import _constraint as constraint
from kconv.sqlalchemy._statements import Read
from kconv.sqlalchemy._table_rows import TableRows
from kconv.sqlalchemy._versions import Composed, Field

_MARK_RUN: Final = text("SELECT set_config('kconv.run', :run, true)")


class TableImages(TableRows):
    """What rows of a `TablePlace` held before a run wrote them."""

    def before_images(
        self, where: Where, rows: Sequence[Row], runs: Sequence[str]
    ) -> list[BeforeImage | None]:
        name = where.collection
        digests = {row.key: self._digest(name, row) for row in rows}
        found = self.books.fitting_images(name, digests, runs)
        return [self._as_image(found[row.key]) if row.key in found else None for row in rows]

    def restore(
        self, run_id: str, *, after: Key | None, limit: int, live: float | None, held: str
    ) -> Restored:
        page = self.books.undo_page(run_id, after, limit)
        if not page:
            return Restored()

        done = Restored(last=place_in_order(page[-1]))
        return self._restore(run_id, page, done, live, held)

    def _restore(
        self, run_id: str, page: list[Kept], done: Restored, live: float | None, held: str
    ) -> Restored:
        """Put all of these back in one transaction; or halves, to find what is refused."""

        def put_back(connection: Connection) -> Restored:
            self._mark_run(connection, held)
            so_far = done
            for name in sorted({each.collection for each in page}):
                images = [each for each in page if each.collection == name]
                so_far = self._put_back(connection, run_id, name, images, so_far, live)
            return so_far

        try:
            return self._database.write(put_back)
        except StoreError as error:
            if not is_of_row(error):
                raise
            if len(page) == 1:
                name = RowName(page[0].collection, page[0].key)
                return replace(done, refused=(*done.refused, (name, said_of(error))))
        half = len(page) // 2
        done = self._restore(run_id, page[:half], done, live, held)
        return self._restore(run_id, page[half:], done, live, held)

    def _put_back(
        self,
        connection: Connection,
        run_id: str,
        name: str,
        images: list[Kept],
        done: Restored,
        live: float | None,
    ) -> Restored:
        statements = self._of(name)
        present = statements.lock(connection, [each.key for each in images])
        sound, written, deleted = [], list(done.written), list(done.deleted)
        for image in images:
            read = present.get(image.key)
            if read is None:
                deleted.append(RowName(name, image.key))
            elif self._is_what_was_written(name, read, image):
                sound.append(image)
            else:
                written.append(RowName(name, image.key))
        labels = sorted({self._label_before(name, each) for each in sound})
        self._admit(connection, name, labels)
        for label in labels:
            self.books.put_on_record(connection, name, label, live)
        statements.write(connection, [(each.key, self._before(name, each)) for each in sound])
        self.books.forget(connection, run_id, sound)
        restored = done.restored + len(sound)
        return replace(done, restored=restored, written=tuple(written), deleted=tuple(deleted))

    def _mark_run(self, connection: Connection, run: str) -> None:
        """See that the run is held, and say to the triggers of the table that it is a run."""
        self.books.check_held(connection, run)
        if not self._database.sqlite:
            connection.execute(_MARK_RUN, {"run": run})

    def _forbids(self, collection: str) -> bool:
        """Whether a constraint keeps versions away that are off the record."""
        return self._declared[collection].constraint and not self._database.sqlite

    def _admit(self, connection: Connection, name: str, labels: Iterable[str]) -> None:
        """Have the database take versions that are about to come on record."""
        declared = self._declared[name]
        recorded = [
            each.version for each in self.books.versions(connection) if each.collection == name
        ]
        new = [each for each in labels if each not in recorded]
        if new and self._forbids(name):
            constraint.allow(connection, declared, [*recorded, *new])

    def _digest(self, name: str, row: Row) -> bytes:
        """That of what a row holds in the table."""
        declared, contents = self._declared[name], self._of(name).contents
        apart = isinstance(declared.version, Field) or declared.kept_name is not None
        if apart and spoke_in(declared.kind, row.version):
            composed = declared.compose(row.version, row.data)
            return contents.digest(composed.raw, composed.kept)
        return contents.digest(row.data, None)

    def _kept(self, name: str, read: Read, version: str, composed: Composed) -> Kept:
        contents = self._of(name).contents
        return Kept(
            collection=name,
            key=read.key,
            version=self._declared[name].version_before(read.raw, read.value),
            raw=contents.image(read.raw, read.kept),
            written_version=version,
            digest=contents.digest(composed.raw, composed.kept),
            read_digest=contents.digest(read.raw, read.kept),
        )

    def _before(self, name: str, image: Kept) -> Composed:
        """What a row held."""
        raw, kept = self._of(name).contents.of_image(image.raw)
        return Composed(raw, self._declared[name].values_before(image.version), kept)

    def _as_image(self, image: Kept) -> BeforeImage:
        before = self._before(image.collection, image)
        return BeforeImage(*self._declared[image.collection].read(*before))

    def _label_before(self, name: str, image: Kept) -> str:
        before = self._before(name, image)
        return self._declared[name].label(before.raw, before.value)

    def _is_what_was_written(self, name: str, read: Read, image: Kept) -> bool:
        declared = self._declared[name]
        if declared.label(read.raw, read.value) != image.written_version:
            return False
        return self._of(name).contents.digest(read.raw, read.kept) == image.digest


def said_of(error: StoreError) -> str:
    """What the database said of a row, in a line."""
    return str(getattr(error.__cause__, "orig", error)).strip().partition("\n")[0]
