"""Objects that a conversion refuses, where its author has said that it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kconv._errors import ConversionError
from kconv.testing._failure import Broken

Check = Callable[[dict[str, Any]], None]


def is_announced(error: BaseException | None) -> bool:
    """Whether a conversion failed because ``refused`` of `kconv.Functions` says that it does."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        if isinstance(error, ConversionError) and error.announced:
            return True
        seen.append(error)
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def unless_announced() -> Iterator[None]:
    """Around one conversion: an announced refusal ends it, and is no fault."""
    try:
        yield
    except ConversionError as error:
        if not is_announced(error):
            raise


class Refusing:
    """A check that passes over objects which a conversion refuses as announced; not over all."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.passed = 0
        self.refused: ConversionError | None = None

    def __call__(self, document: dict[str, Any]) -> None:
        """Check an object. Raises what the check raises, announced refusals aside."""
        try:
            self.check(document)
        except ConversionError as error:
            if not is_announced(error):
                raise
            self.refused = error
        else:
            self.passed += 1

    def says_something(self, title: str) -> None:
        """Raise `Broken` where every object was refused, so that nothing was checked."""
        if self.refused is not None and not self.passed:
            raise Broken(
                f"{title}: every object that was tried is refused.",
                [self.refused.message],
                "Give the field values that convert: enum=, pattern= or "
                'metadata={"examples": [...]}.',
            )
