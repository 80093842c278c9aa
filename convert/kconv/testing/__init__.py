"""Tests for an API's versions, derived from its schemas and edges.

`ApiTests` in a conftest.py gives a test for each promise that a version makes; the pytest plugin
`kconv.testing._plugin` collects them. `kconv.testing._strategies` and `kconv.testing._mutations`
make objects for tests of your own. Install with ``pip install 'kconv[testing]'``.
"""

from kconv.testing._api import ApiTests

__all__ = ["ApiTests"]
