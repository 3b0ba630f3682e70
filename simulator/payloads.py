"""What the shop's jobs carry: data and results from 20 bytes to 2 MB, drawn from a seeded `Random` alone."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from random import Random

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]

FIRST = ("Amara", "Ben", "Chloé", "Diego", "Elif", "Goran", "Hana", "Jonas", "Kofi", "Lena", "Nadia", "Priya", "Søren")
LAST = ("Abebe", "Brandt", "Costa", "Eriksen", "García", "Haddad", "Ito", "Kowalski", "Lindqvist", "Moreau", "Novak")
CITIES = ("Aarhus", "Berlin", "Cardiff", "Dublin", "Gdańsk", "Helsinki", "Innsbruck", "Kraków", "Lisbon", "Malmö")
HOME = ("Linen Shirt", "Oversized Mug", "Desk Lamp", "Wool Blanket", "Oak Chair", "Bath Towel", "Espresso Cups")
OUTDOOR = ("Walking Boots", "Steel Bottle", "Trail Backpack", "Rain Jacket", "Garden Shears", "Ceramic Planter")
PRODUCTS = HOME + OUTDOOR
CARRIERS = ("dhl", "ups", "postnl", "gls", "royalmail")
CURRENCIES = ("EUR", "EUR", "EUR", "GBP", "SEK", "PLN")
LOCALES = ("en-GB", "de-DE", "fr-FR", "pl-PL", "sv-SE", "pt-PT")
PARTNERS = ("erp.nordwind.example", "hooks.ledgerly.example", "api.parcelhub.example", "crm.brightside.example")
EVENT_NAMES = ("order.paid", "order.shipped", "order.refunded", "product.updated", "customer.created")


def token(rng: Random, length: int = 16) -> str:
    """Letters and digits as payment and mail providers make their ids of."""
    return "".join(rng.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=length))


def uid(rng: Random) -> str:
    """A random UUID as text."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def order_id(rng: Random) -> int:
    return rng.randint(180_000, 249_999)


def sku(rng: Random) -> str:
    return f"SKU-{rng.randint(1000, 9999)}"


def person(rng: Random) -> dict[str, Json]:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    return {
        "id": rng.randint(1000, 99_999),
        "name": f"{first} {last}",
        "email": f"customer{rng.randint(1, 9999)}@mail.example",
    }


def money(rng: Random, low: int = 990, high: int = 48_000) -> dict[str, Json]:
    """An amount in the smallest unit of its currency."""
    return {"amount": rng.randint(low, high), "currency": rng.choice(CURRENCIES)}


def lines(rng: Random) -> list[Json]:
    return [
        {"sku": sku(rng), "title": rng.choice(PRODUCTS), "qty": rng.randint(1, 4), "price": rng.randint(490, 19_900)}
        for _ in range(rng.randint(1, 5))
    ]


# ---- data, one function a sort of job ----


def mail(template: str) -> Callable[[Random], Json]:
    """Data of mails made from `template`."""

    def data(rng: Random) -> Json:
        to = person(rng)
        return {
            "to": to["email"],
            "template": template,
            "locale": rng.choice(LOCALES),
            "vars": {"name": to["name"], "orderId": order_id(rng)},
        }

    return data


def charge(rng: Random) -> Json:
    return {
        "orderId": order_id(rng),
        **money(rng),
        "method": {
            "type": "card",
            "brand": rng.choice(("visa", "mastercard", "amex")),
            "last4": f"{rng.randint(0, 9999):04}",
        },
        "idempotencyKey": uid(rng),
    }


def refund(rng: Random) -> Json:
    return {
        "orderId": order_id(rng),
        **money(rng, 500, 9000),
        "reason": rng.choice(("damaged", "late", "changed-mind")),
    }


def image(rng: Random) -> Json:
    return {
        "source": f"s3://shop-media/originals/{sku(rng).lower()}/{rng.randint(1, 8)}.jpg",
        "sizes": [320, 640, 1280, 2560],
        "format": rng.choice(("webp", "avif")),
        "quality": 82,
    }


def webhook(rng: Random) -> Json:
    event = rng.choice(EVENT_NAMES)
    return {
        "url": f"https://{rng.choice(PARTNERS)}/v2/events",
        "event": event,
        "signature": f"sha256={rng.getrandbits(128):032x}",
        "body": {"id": uid(rng), "type": event, "order": {"id": order_id(rng), **money(rng), "lines": lines(rng)}},
    }


def product(rng: Random) -> Json:
    return {"sku": sku(rng)}  # the smallest payload of the shop: 18 to 20 bytes


def category(rng: Random) -> Json:
    return {"category": rng.choice(("home", "garden", "outdoor", "kitchen", "fashion")), "full": rng.random() < 0.2}


def order(rng: Random) -> Json:
    return {
        "orderId": order_id(rng),
        "customer": person(rng),
        "shipTo": {"city": rng.choice(CITIES), "street": f"{rng.choice(LAST)} street {rng.randint(1, 180)}"},
        "lines": lines(rng),
        "total": money(rng),
        "giftWrap": rng.random() < 0.1,
        "note": None,
    }


def stock(rng: Random) -> Json:
    return {
        "warehouse": rng.choice(("AAR-1", "POR-2", "GDN-1")),
        "items": {sku(rng): rng.randint(1, 9) for _ in range(3)},
    }


def parcel(rng: Random) -> Json:
    return {
        "orderId": order_id(rng),
        "carrier": rng.choice(CARRIERS),
        "weightGrams": rng.randint(120, 9800),
        "to": rng.choice(CITIES),
    }


def sms(rng: Random) -> Json:
    return {"to": f"+49151{rng.randint(1_000_000, 9_999_999)}", "text": f"Your parcel {token(rng, 8)} arrives today."}


def push(rng: Random) -> Json:
    return {"device": token(rng, 22), "title": "Back in stock", "body": f"{rng.choice(PRODUCTS)} is back.", "badge": 1}


def invoice(rng: Random) -> Json:
    return {"orderId": order_id(rng), "locale": rng.choice(LOCALES), "pages": rng.randint(1, 6)}


def report(rng: Random) -> Json:
    return {
        "period": f"2026-{rng.randint(1, 12):02}",
        "format": rng.choice(("xlsx", "pdf", "csv")),
        "requestedBy": person(rng),
    }


def feed(rng: Random) -> Json:
    """A supplier's whole price list: some kilobytes, and 2 MB in one case of ten."""
    rows = rng.choices((20, 150, 900, 20_000), weights=(55, 25, 10, 10))[0]
    supplier = rng.choice(("northwind", "fjordline", "casa-verde"))
    return {
        "supplier": supplier,
        "rows": [
            {
                "line": n,
                "sku": f"SKU-{1000 + n * 7 % 9000}",
                "title": PRODUCTS[n % len(PRODUCTS)],
                "ean": f"40{(n * 7_919_317 + 11) % 10**11:011}",
                "price": 490 + n * 37 % 9000,
                "stock": n % 40,
            }
            for n in range(rows)
        ],
    }


def visit_batch(rng: Random) -> Json:
    return {
        "shard": rng.randint(0, 15),
        "visits": [{"path": f"/p/{sku(rng)}", "ms": rng.randint(40, 900)} for _ in range(12)],
    }


def score(rng: Random) -> Json:
    return {"orderId": order_id(rng), **money(rng, 5000, 250_000), "ip": f"203.0.113.{rng.randint(1, 254)}"}


def contact(rng: Random) -> Json:
    return {"customer": person(rng), "tags": rng.sample(["vip", "wholesale", "newsletter", "returns"], 2)}


def nothing(_: Random) -> Json:
    return {}


# ---- results ----


def sent(rng: Random) -> Json:
    return {"messageId": f"<{token(rng, 20)}@mail.shop.example>", "accepted": 1}


def charged(rng: Random) -> Json:
    return {"chargeId": f"ch_{token(rng, 24)}", "status": "succeeded", "fee": rng.randint(20, 900)}


def stored(rng: Random) -> Json:
    return {"url": f"https://cdn.shop.example/{token(rng, 10)}", "bytes": rng.randint(8_000, 4_000_000)}


def delivered(rng: Random) -> Json:
    return {"status": rng.choice((200, 200, 200, 202, 204)), "ms": rng.randint(30, 900)}


def labelled(rng: Random) -> Json:
    return {
        "tracking": f"{rng.choice(CARRIERS).upper()}{rng.randint(10**9, 10**10 - 1)}",
        "label": f"s3://labels/{token(rng, 12)}.pdf",
    }


def scored(rng: Random) -> Json:
    return {"score": round(rng.random(), 3), "decision": rng.choice(("accept", "accept", "review"))}


def counted(rng: Random) -> Json:
    return {"processed": rng.randint(1, 500)}


def null(_: Random) -> Json:
    return None
