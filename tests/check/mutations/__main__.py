"""Print the confusion table: `PYTHONPATH=tests python -m check.mutations`."""

import sys

from check.mutations.confusion import outcomes, table

found = list(outcomes())
wrong = [each for each in found if not each.right]
sys.stdout.write("\n".join([table(found), *map(repr, wrong)]) + "\n")
sys.exit(bool(wrong))
