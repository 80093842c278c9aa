"""Customers of the shop, until SIGTERM: they read orders, add items and place orders.

`python -m shop.traffic` writes down what the shop has acknowledged; with `--check` it looks whether
all of that is there.
"""

import asyncio
import json
import random
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, func, select

from shop.app import app, lifespan
from shop.models import Order, database_url

CUSTOMERS = 4
LEFT_ALONE = 12
"""How many of the first orders nobody adds to, so that they can be looked at."""

JOURNAL = Path("traffic.json")


async def customer(me: int, client: httpx.AsyncClient, count: int, seen: dict[str, Any]) -> None:
    """Add items to orders that nobody else adds to, and read others, in either version."""
    chance = random.Random(me)
    while not seen["stopped"].is_set():
        number = chance.randrange(LEFT_ALONE + me, count, CUSTOMERS)
        answer = await client.post(f"/orders/{number}/items", json={"sku": "traffic"})
        answer.raise_for_status()
        seen["added"][number] = seen["added"].get(number, 0) + 1
        other = chance.randrange(1, count)
        for path in (f"/orders/{other}", f"/v1/orders/{other}"):
            answer = await client.get(path)
            answer.raise_for_status()
            assert answer.json()["customer"] == f"customer-{other}", answer.text
        seen["read"] += 2


async def serve_customers() -> dict[str, Any]:
    """Send requests to the application, in this process, until SIGTERM; what it acknowledged."""
    seen: dict[str, Any] = {"added": {}, "read": 0, "stopped": asyncio.Event()}
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, seen["stopped"].set)
    engine = create_engine(database_url())
    with engine.connect() as connection:
        count = connection.scalar(select(func.max(Order.id))) or 1
    engine.dispose()
    transport = httpx.ASGITransport(app=app)
    async with (
        lifespan(app),
        httpx.AsyncClient(transport=transport, base_url="http://shop", timeout=60) as client,
        asyncio.TaskGroup() as customers,
    ):
        for me in range(CUSTOMERS):
            customers.create_task(customer(me, client, count, seen))
    return {"added": seen["added"], "read": seen["read"]}


def check() -> None:
    """Every item that was acknowledged is there. Exits with 1 if one is not."""
    seen = json.loads(JOURNAL.read_text())
    engine = create_engine(database_url())
    lost = []
    with engine.connect() as connection:
        for number, added in seen["added"].items():
            row = connection.execute(select(Order.document).where(Order.id == int(number))).one()
            found = sum(each["sku"] == "traffic" for each in row.document["items"])
            if found != added:
                lost.append(f"order {number}: {added} items were acknowledged, {found} are there")
    engine.dispose()
    print("\n".join(lost) or f"all of {sum(seen['added'].values()):,} acknowledged items are there")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    if "--check" in sys.argv:
        check()
    JOURNAL.write_text(json.dumps(asyncio.run(serve_customers())))
