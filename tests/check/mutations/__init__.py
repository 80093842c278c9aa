"""The proof by mutation: known edits of shipped schemas, and what `kconv check` says of each.

`PYTHONPATH=tests python -m check.mutations` prints the confusion table.
"""
