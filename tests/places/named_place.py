"""A collection that is named on a command line: ``places.named_place:orders``."""

from sqlalchemy import Column, Integer, MetaData, Table, Text

from kconv.sqlalchemy import collection
from places.shop import VERSIONS, register, shape

table = Table(
    "orders",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("document", Text),
    Column("version", Integer),
)

orders = collection(
    "orders",
    key="id",
    document="document",
    version="version",
    versions=VERSIONS,
    stored=3,
    table=table,
    scheme=register,
)

told_by_shape = collection(
    "orders",
    key="id",
    document="document",
    version="version",
    versions=VERSIONS,
    stored=3,
    table=table,
    scheme=register,
    shape=shape,
)
