"""The shop as a web application: FastAPI, an `AsyncSession` for each request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from kconv import InvalidObject
from shop.models import Order, database_url, orders

HEARTBEAT = 5.0
"""Seconds between two words to migrations that this process is up, and what it reads."""

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


def connect() -> AsyncEngine:
    """The database, by the asynchronous driver that it has."""
    url = database_url()
    return create_async_engine(url.set(drivername=DRIVERS[url.get_backend_name()]))


async def send_heartbeats(engine: AsyncEngine) -> None:
    """Tell migrations of this process, for as long as it runs."""
    while True:
        async with engine.begin() as connection:
            await connection.run_sync(orders.heartbeat)
        await asyncio.sleep(HEARTBEAT)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Connect, and send heartbeats beside requests."""
    app.state.engine = connect()
    beating = asyncio.create_task(send_heartbeats(app.state.engine))
    yield
    beating.cancel()
    with suppress(asyncio.CancelledError):
        await beating
    await app.state.engine.dispose()


app = FastAPI(title="Shop", lifespan=lifespan)


async def session() -> AsyncIterator[AsyncSession]:
    """A session, and a transaction, for a request."""
    async with AsyncSession(app.state.engine) as found, found.begin():
        yield found


Shop = Annotated[AsyncSession, Depends(session, scope="function")]


async def find(shop: AsyncSession, number: int, *, lock: bool = False) -> Order:
    """An order. Answers 404 where there is none."""
    found = await shop.get(Order, number, with_for_update=lock or None)
    if found is None:
        raise HTTPException(404, f"there is no order {number}")
    return found


@app.get("/orders/{number}")
async def read(number: int, shop: Shop) -> dict[str, Any]:
    """An order as it is today."""
    return dict((await find(shop, number)).document)


@app.get("/v1/orders/{number}")
async def read_v1(number: int, shop: Shop) -> dict[str, Any]:
    """An order as the first version of the API has it."""
    found = (await find(shop, number)).as_v1
    return {name: each for name, each in (found or {}).items() if name != "_kept"}


@app.post("/orders", status_code=201)
async def create(document: dict[str, Any], shop: Shop) -> dict[str, int]:
    """Place an order."""
    order = Order(document=document)
    shop.add(order)
    try:
        await shop.flush()
    except InvalidObject as error:
        raise HTTPException(422, str(error)) from None
    return {"id": order.id}


@app.post("/orders/{number}/items")
async def add_item(number: int, item: dict[str, Any], shop: Shop) -> dict[str, Any]:
    """Add an item to an order: the session sees that its document has changed."""
    found = await find(shop, number, lock=True)
    found.document.setdefault("items", []).append(item)
    await shop.flush()
    return dict(found.document)
