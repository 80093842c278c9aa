"""What changes in a database: `db` the tables, `storage` the stored objects."""
