"""Tests of `kconv._importer`."""
