"""Manifests in files, folders and streams: read, converted, and written back."""

from kconv._files.conversion import Conversion, ConvertedFile, convert, convert_files
from kconv._files.converter import ConversionProblem, ObjectLoss

__all__ = [
    "Conversion",
    "ConversionProblem",
    "ConvertedFile",
    "ObjectLoss",
    "convert",
    "convert_files",
]
