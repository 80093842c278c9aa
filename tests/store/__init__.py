"""Tests of `kconv._store` and of the tables it stands on."""
