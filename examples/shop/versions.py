"""Orders in three versions, as documents without Kubernetes' envelope."""

from typing import Any

from kconv import Document, DocumentHub, Edge, Functions, Preserve, Rename, Scheme, Type, Wrap
from kconv.fields import Int64, List, Map, Object, String, Time

GROUP = "shop.example.com"


class Item(Type):
    """What was ordered, and how many of it."""

    sku = String(required=True)
    count = Int64(minimum=1, load_default=1)


class Address(Type):
    """Where an order goes."""

    street = String()
    city = String()


class OrderV1(Document):
    """The first shape: one item, and a price in a text such as ``12.50 EUR``."""

    class Meta:
        group = GROUP
        version = "v1"
        kind = "Order"

    customer = String(required=True)
    item = Object(Item)
    price = String(pattern=r"^[0-9]{1,12}\.[0-9]{2} [A-Z]{3}$")
    placed = Time()


class OrderV2(Document):
    """The second shape: items, and the price in cents."""

    class Meta:
        group = GROUP
        version = "v2"
        kind = "Order"

    customer = String(required=True)
    items = List(Object(Item))
    cents = Int64(minimum=0, maximum=99_999_999_999_999)
    currency = String(pattern=r"^[A-Z]{3}$")
    address = Object(Address)
    placed = Time()


class OrderV3(Document):
    """The third shape: names that say more, and labels."""

    class Meta:
        group = GROUP
        version = "v3"
        kind = "Order"

    customer = String(required=True)
    items = List(Object(Item))
    cents = Int64(minimum=0, maximum=99_999_999_999_999)
    currency = String(pattern=r"^[A-Z]{3}$")
    shipTo = Object(Address)
    placedAt = Time()
    labels = Map(String())


class Order(DocumentHub):
    """What all versions are converted to and from."""

    class Meta:
        group = GROUP
        kept = "_kept"

    customer = String(required=True)
    items = List(Object(Item))
    cents = Int64(minimum=0, maximum=99_999_999_999_999)
    currency = String(pattern=r"^[A-Z]{3}$")
    shipTo = Object(Address)
    placedAt = Time()
    labels = Map(String())


def price_to_cents(order: dict[str, Any], hub: dict[str, Any]) -> None:
    """From ``12.50 EUR`` to 1250 and EUR."""
    if order.get("price") is not None:
        amount, currency = order["price"].split(" ")
        hub["cents"], hub["currency"] = int(amount.replace(".", "")), currency


def cents_to_price(hub: dict[str, Any], order: dict[str, Any]) -> None:
    """From 1250 and EUR to ``12.50 EUR``."""
    if hub.get("cents") is not None:
        cents, currency = hub["cents"], hub.get("currency") or "EUR"
        order["price"] = f"{cents // 100}.{cents % 100:02d} {currency}"


NO_PRICE = "an order without a price has no currency, and one without a currency is in EUR"


def register(scheme: Scheme) -> None:
    """Add the kind to a scheme."""
    price = Functions(
        spoke=("price",),
        hub=("cents", "currency"),
        to_hub=price_to_cents,
        to_spoke=cents_to_price,
        lost={
            "cents.(zero)": NO_PRICE,
            "currency": NO_PRICE,
            "spoke:price": "a price may have leading zeros, and null is as good as none",
        },
    )
    scheme.add(
        Order,
        Edge(
            OrderV1,
            price,
            Wrap("item", "items"),
            Rename("placed", "placedAt"),
            Preserve("shipTo"),
            Preserve("labels"),
        ),
        Edge(
            OrderV2, Rename("address", "shipTo"), Rename("placed", "placedAt"), Preserve("labels")
        ),
        Edge(OrderV3),
        storage=f"{GROUP}/v3",
    )
