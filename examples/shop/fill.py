"""Orders as three releases of the shop have written them: `python -m shop.fill 200000`."""

import json
import sys
from typing import Any

from sqlalchemy import create_engine, text

from shop.models import database_url

PAGE = 5_000


def order(number: int) -> tuple[int | None, dict[str, Any]]:
    """An order, and what its release put into the version column: nothing, before release 3."""
    customer, sku = f"customer-{number}", f"A-{number % 100}"
    placed = f"2026-0{1 + number % 9}-01T10:00:00Z"
    first = {"sku": sku, "count": 1 + number % 3}
    if number % 3 == 0:
        price = f"{number % 1000}.50 EUR"
        return None, {"customer": customer, "item": first, "price": price, "placed": placed}
    cents = number % 1000 * 100 + 50
    second = {"customer": customer, "items": [first], "cents": cents, "currency": "EUR"}
    if number % 3 == 1:
        return None, {**second, "address": {"city": "London"}, "placed": placed}
    return 3, {**second, "shipTo": {"city": "London"}, "placedAt": placed}


def main(count: int) -> None:
    """Put so many orders into the table."""
    engine = create_engine(database_url())
    statement = text(
        "INSERT INTO orders (id, document, schema_version) VALUES (:id, :document, :version)"
    )
    with engine.begin() as connection:
        for start in range(1, count + 1, PAGE):
            rows = []
            for number in range(start, min(start + PAGE, count + 1)):
                version, document = order(number)
                rows.append({"id": number, "document": json.dumps(document), "version": version})
            connection.execute(statement, rows)
        if engine.dialect.name == "postgresql":
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence('orders', 'id'), :count)"),
                {"count": count},
            )
    engine.dispose()
    print(f"{count:,} orders in three shapes")


if __name__ == "__main__":
    main(int(sys.argv[1]))
