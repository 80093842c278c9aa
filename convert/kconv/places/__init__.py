"""Places besides kconv's own store and tables: a folder of files, and whatever you write.

`KeyedPlace` asks for three methods, and `kconv.testing.PlaceTests` tells whether they are right.
"""

from kconv.places._files_place import FileKey, FilesPlace
from kconv.places._keyed_place import Entry, KeyedPlace

__all__ = ["Entry", "FileKey", "FilesPlace", "KeyedPlace"]
