"""``kconv`` in this process, in a folder of the test's own."""

from check.project import project
from cli.conftest import kconv

__all__ = ["kconv", "project"]
