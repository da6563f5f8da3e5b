"""A result as warehouses give it, made up from a seed: 20 typed columns, some of which hold personal data.

Rule kept here: the same seed gives the same table on every machine; names are common given and family names put
together at random, numbers are drawn, and nobody in it exists.
"""

from __future__ import annotations

import datetime
import random
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa

GIVEN = (  # noqa: SIM905
    "Ana Maria James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan "
    "Joseph Jessica Thomas Sarah Carlos Karen Daniel Lisa Matthew Nancy Anthony Betty Mark Sandra Yusuf Mei Priya Omar"
).split()
FAMILY = (  # noqa: SIM905
    "Silva Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson "
    "Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Okafor Chen Patel Kim"
).split()
PRODUCTS = "Desk Lamp,Oak Chair,Steel Shelf,Garden Hose,Wool Blanket,Paper Tray,Wall Clock,Travel Mug".split(",")  # noqa: SIM905
COMPANIES = "Acme,Globex,Initech,Umbrella,Stark,Wayne,Hooli,Vandelay".split(",")  # noqa: SIM905
STATUS = ("open", "paid", "shipped", "returned", "cancelled")
COUNTRIES = ("United States", "Germany", "France", "India", "Brazil", "United Kingdom")
AREAS = (202, 206, 212, 213, 303, 305, 312, 404, 415, 503, 512, 602, 617, 702, 713, 773, 808, 917)
NOTES = (
    "Customer asked about the delay of order {order}; told them it ships on Monday.",
    "Please call back on {phone} before noon, they are at work in the afternoon.",
    "Refund of {price} approved, no further action needed from our side.",
    "Wrote to {mail} with the invoice attached and a short apology.",
    "{name} reported a broken part and wants a replacement this week.",
    "Parcel was left with the neighbour, the door camera shows the driver at 12:41.",
)


def result(rows: int, seed: int = 1) -> pa.Table:
    """The table; about 35 % of its cells are text with many distinct values."""
    draw = random.Random(seed)
    return pa.table(
        {name: pa.array([make(draw) for _ in range(rows)], kind) for name, (kind, make) in _COLUMNS.items()}
    )


def name(draw: random.Random) -> str:
    """A given and a family name."""
    return f"{draw.choice(GIVEN)} {draw.choice(FAMILY)}"


def mail(draw: random.Random) -> str:
    """An address at a domain that is set aside for examples."""
    return f"{draw.choice(GIVEN).lower()}.{draw.choice(FAMILY).lower()}{draw.randrange(10_000)}@example.com"


def phone(draw: random.Random) -> str:
    """A number of the North American plan, as it is often written."""
    return f"({draw.choice(AREAS)}) {draw.randrange(200, 1000)}-{draw.randrange(10_000):04d}"


def note(draw: random.Random) -> str:
    """A sentence of a support ticket."""
    return draw.choice(NOTES).format(
        order=_order(draw),
        phone=phone(draw),
        price=f"{draw.randrange(10**5) / 100:.2f}",
        mail=mail(draw),
        name=name(draw),
    )


def _order(draw: random.Random) -> str:
    return f"SO-{draw.randrange(10**6):06d}"


def _when(draw: random.Random) -> datetime.datetime:
    return datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=draw.randrange(10**8))


_COLUMNS: dict[str, tuple[pa.DataType, Callable[[random.Random], Any]]] = {
    "order_pk": (pa.int64(), lambda d: d.randrange(10**9)),
    "customer_id": (pa.int64(), lambda d: d.randrange(10**5)),
    "quantity": (pa.int32(), lambda d: d.randrange(1, 20)),
    "price": (pa.decimal128(12, 2), lambda d: Decimal(d.randrange(10**6)) / 100),
    "discount": (pa.float64(), lambda d: round(d.random(), 3)),
    "created_at": (pa.timestamp("us"), _when),
    "born": (pa.date32(), lambda d: _when(d).date()),
    "paid": (pa.bool_(), lambda d: d.random() < 0.8),
    "row_uuid": (pa.string(), lambda d: str(uuid.UUID(int=d.getrandbits(128)))),
    "order_no": (pa.string(), _order),
    "sku": (pa.string(), lambda d: f"{d.choice('ABCDEF')}{d.randrange(100):02d}-{d.randrange(1000):03d}"),
    "status": (pa.string(), lambda d: d.choice(STATUS)),
    "country": (pa.string(), lambda d: d.choice(COUNTRIES)),
    "product": (pa.string(), lambda d: f"{d.choice(PRODUCTS)} {d.randrange(100)}"),
    "company": (pa.string(), lambda d: f"{d.choice(COMPANIES)} {d.choice(('Ltd', 'Inc', 'GmbH'))}"),
    "zip": (pa.string(), lambda d: f"{d.randrange(10**5):05d}"),
    "full_name": (pa.string(), name),
    "email": (pa.string(), mail),
    "phone": (pa.string(), phone),
    "note": (pa.string(), note),
}
