"""Migrations of a database: its tables, and the objects stored in them.

Public is `kconv_migrations.op`, for Alembic revisions of your own. Of the rest, `_tables` are the
tables of kconv (Alembic), `_migration` is the storage migration, a function for each command, and
`_executors` do its work on rows, in this process or in worker processes.
"""
