"""Manifests in files, folders and streams: read, converted, and written back."""

from kconv._files.conversion import Conversion, ConvertedFile, convert, convert_files
from kconv._files.converter import ObjectLoss, Problem

__all__ = [
    "Conversion",
    "ConvertedFile",
    "ObjectLoss",
    "Problem",
    "convert",
    "convert_files",
]
