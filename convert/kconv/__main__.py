"""``python -m kconv`` is ``kconv``."""

from kconv._cli import main

main()
