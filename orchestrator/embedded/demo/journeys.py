"""The demo's customers: who they are, what they do, and what their phones do. Seeded: the same seed, the same day."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

CHANNELS = {"web": "web", "app": "app", "bot": "bot", "email": "email", "rep": "rep", "partner": "partner"}

ANGRY = {
    "en": (
        "This is a disgrace, third time I call and nobody helps me!!!",
        "I am fed up with this, cancel my contract, worst service ever",
    ),
    "he": ("זו בושה וחרפה, פעם שלישית ואף אחד לא עונה!!!", "נמאס לי, אני רוצה לבטל ואגיש תלונה"),
}
CALM = {"en": "Thanks, the new router works fine.", "he": "תודה, הכול עובד מצוין."}

# Given names and family names: nobody's, and enough of them that two customers seldom share both.
NAMES = {
    "en": (
        ("Alice", "Ben", "Clara", "David", "Emma", "Frank", "Grace", "Henry", "Irene", "Jack", "Kate", "Liam", "Mary", "Noel"),
        ("Archer", "Bright", "Carver", "Dalton", "Ellery", "Farrow", "Granger", "Holt", "Ives", "Jarvis", "Kendal"),
    ),
    "he": (
        ("אביגיל", "בועז", "גלית", "דניאל", "הדס", "ורד", "זיו", "חנה", "טל", "יעל", "כרמל", "ליאור", "מיכל", "נדב"),
        ("אלון", "ברוש", "גפן", "דקל", "הרדוף", "ורדי", "זית", "חרמון", "טבעון", "ירדני", "כרמי"),
    ),
}

ANSWERS = {"behaviour": "answer", "answer_after": 3, "talk": 12, "hang_up_after": 150}


@dataclass(frozen=True, slots=True)
class Said:
    """One event: `after` the journey's start, on `channel`; `happened` before it is sent, where it comes late."""

    after: timedelta
    channel: str
    type: str
    data: dict[str, Any]
    happened: timedelta = timedelta(0)
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Journey:
    """One customer's visit. `starts` after the demo's first event; `phone` is the script of their phone."""

    kind: str
    subject: str
    starts: timedelta
    attributes: dict[str, Any]
    said: tuple[Said, ...]
    phone: Sequence[dict[str, Any]] = (ANSWERS,)


@dataclass(frozen=True, slots=True)
class Zones:
    home: str
    away: str


class Crowd:
    """Makes journeys one after another, each for a customer of its own."""

    def __init__(self, zones: Zones, *, seed: int, over: timedelta) -> None:
        self._random = random.Random(seed)  # a seeded crowd, not a secret
        self._zones, self._over, self._number = zones, over, 0

    def all(self) -> list[Journey]:
        """Return every journey of the demo, in the order of their start."""
        made = [journey for kind, number, tell in PLAN for journey in self._several(kind, number, tell)]
        return sorted(made, key=lambda journey: (journey.starts, journey.subject))

    def _several(self, kind: str, number: int, tell: "Story") -> Iterator[Journey]:
        for index in range(number):
            self._number += 1
            attributes = self._person(self._number)
            told = tell(self._number, index, attributes["language"], self._random)
            attributes |= told.attributes
            greeting = Said(timedelta(0), "web", "customer.updated", attributes)
            yield Journey(kind, f"demo-{self._number:04}", self._start(), attributes, (greeting, *told.said), told.phone)

    def _start(self) -> timedelta:
        return timedelta(milliseconds=self._random.randrange(int(self._over / timedelta(milliseconds=1))))

    def _person(self, number: int) -> dict[str, Any]:
        hebrew = number % 2 == 0
        return {
            "name": _name(number, NAMES["he" if hebrew else "en"]),
            "phone": f"+97252765{number:04}" if hebrew else f"+1{AREAS[number // 100]}55501{number % 100:02}",
            "language": "he" if hebrew else "en",
            "zone": self._zones.home if number % 3 else self._zones.away,
            "consent": {"service": True, "marketing": True, "voice_recorded": True, "sms": True},
        }


def _name(number: int, names: tuple[Sequence[str], Sequence[str]]) -> str:
    given, family = names
    return f"{given[number // 2 % len(given)]} {family[number // 2 % len(family)]}"


@dataclass(frozen=True, slots=True)
class Told:
    said: tuple[Said, ...]
    phone: Sequence[dict[str, Any]] = (ANSWERS,)
    attributes: dict[str, Any] = field(default_factory=dict)


Story = Callable[[int, int, str, random.Random], Told]

AREAS = ("212", "213", "312", "415", "617", "202")  # 555-01xx is kept for fiction in each of them


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def phone(index: int) -> list[dict[str, Any]]:
    """Return what a phone does, call after call. Most people answer; some do not at first, a few never."""
    match index % 10:
        case 3:
            return [{"behaviour": "busy"}, ANSWERS]
        case 6:
            return [{"behaviour": "no_answer"}, ANSWERS]
        case 8:
            return [{"behaviour": "machine", "answer_after": 4, "hang_up_after": 40}, ANSWERS]
        case 9:
            return [{"behaviour": "no_answer"}]
        case _:
            return [ANSWERS]


def finished_checkout(number: int, index: int, language: str, chance: random.Random) -> Told:
    cart = {"cart_id": f"cart-{number}", "total": 300 + index * 7}
    late = s(1.5) if index % 7 == 0 else s(0)  # the start arrives after the end, with its own earlier time
    return Told(
        (
            Said(s(0.2) + late * 2, "web", "checkout.started", cart, happened=late * 2),
            Said(s(1), "app", "checkout.updated", cart, copies=1 + (index % 5 == 0)),
            Said(s(2.5), "web", "checkout.completed", cart),
        )
    )


def unfinished_checkout(number: int, index: int, language: str, chance: random.Random) -> Told:
    cart = {"cart_id": f"cart-{number}", "total": 320 + index * 11, "step": "payment"}
    said = [
        Said(s(0.2), "web", "checkout.started", cart, copies=1 + (index % 6 == 0)),
        Said(s(1.2), "web", "checkout.updated", cart),
    ]
    if index % 5 == 0:  # buys after all, while waiting to be called
        said.append(Said(s(15 + index % 3), "app", "checkout.completed", cart))
    elif index % 9 == 1:  # calls in, while waiting to be called
        said.append(Said(s(16), "rep", "contact.inbound", {"queue": "sales"}))
    refuses = index % 11 == 2
    consent = {"service": True, "marketing": not refuses, "voice_recorded": True, "sms": True}
    return Told(tuple(said), phone(index), {"consent": consent})


def small_checkout(number: int, index: int, language: str, chance: random.Random) -> Told:
    return Told((Said(s(0.2), "web", "checkout.started", {"cart_id": f"cart-{number}", "total": 40 + index}),))


def open_sale(number: int, index: int, language: str, chance: random.Random) -> Told:
    presses = {0: "2", 4: "9"}.get(index % 8, "1")
    answers = {**ANSWERS, "press": [{"after": 2, "digits": presses}]}
    script = [*phone(index)[:-1], answers] if index % 8 in (3, 6) else [answers]
    return Told((Said(s(0.2), "rep", "sale.opened", {"sale_id": f"sale-{number}"}),), script)


def closed_sale(number: int, index: int, language: str, chance: random.Random) -> Told:
    sale = {"sale_id": f"sale-{number}"}
    return Told((Said(s(0.2), "rep", "sale.opened", sale), Said(s(2), "rep", "sale.closed", sale)))


def trouble_with_courier(number: int, index: int, language: str, chance: random.Random) -> Told:
    return Told((Said(s(0.2), "partner", "delivery.failed", {"parcel": f"parcel-{number}", "reason": "no_access"}),))


def house_move(number: int, index: int, language: str, chance: random.Random) -> Told:
    said = [Said(s(0.2), "app", "customer.moved", {"city": "Haifa" if language == "he" else "Boston"})]
    if index % 4 == 0:  # gets there alone within the grace
        said.append(Said(s(1.5), "web", "help.viewed", {"page": "moving-done"}))
    return Told(tuple(said), phone(index))


def complaint(number: int, index: int, language: str, chance: random.Random) -> Told:
    return Told((Said(s(0.2), "email", "complaint.filed", {"text": ANGRY[language][index % 2]}, copies=1 + (index % 4 == 0)),))


def angry_message(number: int, index: int, language: str, chance: random.Random) -> Told:
    channel = ("bot", "email")[index % 2]
    message = {"text": ANGRY[language][index % 2], "language": language}
    return Told((Said(s(0.2), channel, "message.received", message),), phone(index))


def calm_message(number: int, index: int, language: str, chance: random.Random) -> Told:
    return Told((Said(s(0.2), "bot", "message.received", {"text": CALM[language], "language": language}),))


def lost(number: int, index: int, language: str, chance: random.Random) -> Told:
    return Told(
        (
            Said(s(0.2), "web", "help.searched", {"query": "install", "results": 0}),
            Said(s(0.9), "app", "help.repeated", {"page": "install"}),
            Said(s(1.6), "bot", "bot.fallback", {"turn": index}),
            Said(s(2.2), "web", "help.searched", {"query": "install box", "results": 0}),
        )
    )


def half_lost(number: int, index: int, language: str, chance: random.Random) -> Told:
    return Told(
        (
            Said(s(0.2), "web", "help.searched", {"query": "bill", "results": 0}),
            Said(s(1), "web", "help.viewed", {"page": "bill"}),
        )
    )


def bad_feedback(number: int, index: int, language: str, chance: random.Random) -> Told:
    return Told((Said(s(0.2), "email", "survey.answered", {"csat": 1 + index % 2}),))


def renewal(number: int, index: int, language: str, chance: random.Random) -> Told:
    contract = {"contract_id": f"contract-{number}"}
    said = [Said(s(0.2), "rep", "contract.started", contract | {"ends_in": 30 * 86400 + 7})]
    match index % 5:
        case 0:  # the end moves far away
            said.append(Said(s(2), "rep", "contract.started", contract | {"ends_in": 90 * 86400}))
        case 1:  # the end moves nearer
            said.append(Said(s(2), "rep", "contract.started", contract | {"ends_in": 30 * 86400 + 1}))
        case 2:  # renewed in time
            said.append(Said(s(3), "web", "contract.renewed", contract))
    return Told(tuple(said), phone(index))


# Most visits need nobody. About one in seven does: what a small, busy machine's agents can call in the demo's minute.
PLAN: tuple[tuple[str, int, Story], ...] = (
    ("checkout finished", 50, finished_checkout),
    ("checkout unfinished", 10, unfinished_checkout),
    ("checkout too small", 90, small_checkout),
    ("sale left open", 6, open_sale),
    ("sale closed", 12, closed_sale),
    ("contract ending", 10, renewal),
    ("house move", 5, house_move),
    ("complaint", 3, complaint),
    ("angry message", 4, angry_message),
    ("calm message", 60, calm_message),
    ("lost in help", 4, lost),
    ("half lost", 50, half_lost),
    ("courier trouble", 3, trouble_with_courier),
    ("bad feedback", 2, bad_feedback),
)
