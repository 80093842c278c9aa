"""An order as it is stored, and as the application reads it: `python -m shop.show 3`."""

import json
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from shop.models import Order, database_url


def main(number: int) -> None:
    """Print both."""
    engine = create_engine(database_url())
    with Session(engine) as session:
        statement = text("SELECT document, schema_version FROM orders WHERE id = :number")
        row = session.execute(statement, {"number": number}).one()
        stored = json.loads(row.document) if isinstance(row.document, str) else row.document
        print(f"stored as version {row.schema_version}: {json.dumps(stored)}")
        print(f"read as OrderV3: {json.dumps(session.get_one(Order, number).document)}")
    engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]))
