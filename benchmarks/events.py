"""Events of many customers over a week, of all the types the shipped rules look at and some they do not. Seeded."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

WEEK = timedelta(days=7)
_CALM = ("Thanks, all is well.", "When does the technician come?", "תודה, הכול עובד מצוין")
_ANGRY = ("This is a disgrace, nobody helps me!!!", "נמאס לי, אני רוצה לבטל, זו בושה")
_ONE_IN = 20  # is angry, or gives a low mark: about two events in a hundred end in a moment

Data = Callable[[random.Random, int], dict[str, Any]]


def _cart(chance: random.Random, customer: int) -> dict[str, Any]:
    return {"cart_id": f"cart-{customer}-{chance.randrange(3)}", "total": chance.randrange(40, 900)}


def _sale(chance: random.Random, customer: int) -> dict[str, Any]:
    return {"sale_id": f"sale-{customer}", "total": 2400}


def _said(chance: random.Random, customer: int) -> dict[str, Any]:
    return {"text": chance.choice(_CALM if chance.randrange(_ONE_IN) else _ANGRY)}


def _marks(chance: random.Random, customer: int) -> dict[str, Any]:
    csat, ces = (3, 4) if chance.randrange(_ONE_IN) else (1, 1)
    return {"csat": chance.randrange(csat, 6), "ces": chance.randrange(ces, 8)}


def _nothing(chance: random.Random, customer: int) -> dict[str, Any]:
    return {}


# How often each type comes, in parts of the whole, and what it says.
_MIX: dict[str, tuple[int, Data]] = {
    "page.viewed": (100, lambda chance, customer: {"page": f"p{chance.randrange(50)}"}),
    "help.viewed": (120, lambda chance, customer: {"page": "bill"}),
    "help.searched": (100, lambda chance, customer: {"results": chance.randrange(12)}),
    "help.repeated": (20, _nothing),
    "checkout.started": (90, _cart),
    "checkout.updated": (110, _cart),
    "checkout.completed": (60, _cart),
    "message.received": (80, _said),
    "survey.answered": (40, _marks),
    "complaint.filed": (4, _said),
    "bot.fallback": (50, _nothing),
    "login.failed": (40, lambda chance, customer: {"cause": "password"}),
    "page.error": (30, lambda chance, customer: {"page": "pay"}),
    "ivr.zero_out": (20, lambda chance, customer: {"menu": "main"}),
    "delivery.delayed": (15, lambda chance, customer: {"order_id": f"order-{customer}"}),
    "delivery.failed": (4, lambda chance, customer: {"order_id": f"order-{customer}"}),
    "sale.opened": (15, _sale),
    "sale.closed": (12, _sale),
    "contract.started": (15, lambda chance, customer: {"contract_id": f"k-{customer}", "ends_at": "2026-09-30"}),
    "customer.updated": (35, lambda chance, customer: {"language": chance.choice(("en", "he"))}),
    "customer.moved": (3, lambda chance, customer: {"region": "north"}),
    "queue.abandoned": (15, lambda chance, customer: {"queue": "service", "waited": chance.randrange(400)}),
    "contact.inbound": (15, lambda chance, customer: {"queue": "service"}),
}


def mixed_events(
    number: int, *, customers: int, after: datetime, over: timedelta = WEEK, seed: int = 1
) -> Iterator[dict[str, Any]]:
    """Yield `number` CloudEvents with times in `[after, after + over)`, nearly in order, each id once."""
    chance = random.Random(seed)  # made the same every time; nothing secret
    kinds, weights = list(_MIX), [share for share, _ in _MIX.values()]
    for index, kind in enumerate(chance.choices(kinds, weights, k=number)):
        customer = chance.randrange(customers)
        time = after + over * min(index + chance.randrange(50), number - 1) / number
        yield {
            "specversion": "1.0",
            "id": f"{seed}-{index}",
            "source": "bench/web",
            "type": kind,
            "subject": f"bench-{seed}-{customer}",
            "time": time.isoformat(),
            "data": _MIX[kind][1](chance, customer),
        }


def as_line(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
