"""Tests of `kconv.store` and of the tables it stands on."""
