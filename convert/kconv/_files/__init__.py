"""Manifests in files, folders and streams: read, converted, and written back."""

from kconv._files.conversion import Conversion, ConvertedFile
from kconv._files.converted import ConversionProblem, ObjectLoss
from kconv._files.converting import convert, convert_files

__all__ = [
    "Conversion",
    "ConversionProblem",
    "ConvertedFile",
    "ObjectLoss",
    "convert",
    "convert_files",
]
