"""``python -m kconv.cli`` is ``kconv``."""

from kconv.cli import main

main()
