"""A shop whose orders are JSON documents in three shapes; see docs/own-tables.md."""
