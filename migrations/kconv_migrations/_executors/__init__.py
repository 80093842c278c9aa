"""Who does the work of a migration, and what is done with rows.

An *executor* runs *spans* of rows, in this process or in worker processes, and hands out a future
for each. A span is read, its rows are processed, and what was made of them comes back; writing it
is the migration's.
"""
