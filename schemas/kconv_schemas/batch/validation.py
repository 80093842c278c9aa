"""Rules of batch."""
