"""What a migration does with rows once they are read: no database, so that workers start fast.

Nothing here may import SQLAlchemy or `kconv.store`.
"""
