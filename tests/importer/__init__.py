"""Tests of `kconv.importer`."""
