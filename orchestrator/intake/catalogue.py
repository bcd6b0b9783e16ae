"""The event types Ringback knows: what their fields mean, what must fit, and a sample of each.

No field is required but the `anonymous_id` of `customer.identified`. Types that are not listed carry any JSON.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import NoReturn

from orchestrator.intake.json_text import JsonValue
from orchestrator.intake.refusals import Reason, Refused
from orchestrator.intake.timestamps import parse_time
from orchestrator.sayings import saying


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field must look like: a check, the words for a person, and the JSON Schema for a machine."""

    fits: Callable[[JsonValue], bool]
    words: str
    schema: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    means: str
    shape: Shape
    required: bool = False


@dataclass(frozen=True, slots=True)
class EventType:
    name: str
    means: str
    fields: tuple[Field, ...]
    sample: Mapping[str, JsonValue]

    def json_schema(self) -> dict[str, JsonValue]:
        """Return the JSON Schema (2020-12) of this type's `data`, exactly as strict as `check_data`."""
        properties: dict[str, JsonValue] = {f.name: {"description": f.means, **f.shape.schema} for f in self.fields}
        required: list[JsonValue] = [field.name for field in self.fields if field.required]
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.name,
            "description": self.means,
            "type": "object",
            "properties": properties,
            "required": required,
        }


def check_data(event_type: str, data: JsonValue) -> None:
    """Raise `Refused` with reason `schema`, naming the field, when `data` does not fit a known type."""
    checks = _CHECKS.get(event_type)
    if checks is None:
        return
    if not isinstance(data, dict):
        _refuse("data", "a JSON object, or left out")
    for field in checks:
        if field.name in data:
            if not field.shape.fits(data[field.name]):
                _refuse(f"data.{field.name}", field.shape.words)
        elif field.required:
            _refuse(f"data.{field.name}", field.shape.words)


def _refuse(field: str, words: str) -> NoReturn:
    raise Refused(Reason.SCHEMA, f"{field} does not fit this event type.", field=field, fix=f"It must be {words}.")


def _is_text(value: JsonValue) -> bool:
    return isinstance(value, str)


def _is_name(value: JsonValue) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value.encode()) <= 1024


def _is_day_or_time(value: JsonValue) -> bool:
    if not isinstance(value, str):
        return False
    if len(value) != 10:
        return parse_time(value) is not None
    try:
        return date.fromisoformat(value).isoformat() == value  # the standard library also reads weeks: 2026-W01-1
    except ValueError:
        return False


def _whole(low: int, high: int | None = None) -> Shape:
    def fits(value: JsonValue) -> bool:
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        return value >= low and (high is None or value <= high)

    if high is None:
        return Shape(fits, saying("a whole number from {low}", low=low), {"type": "integer", "minimum": low})
    return Shape(
        fits,
        saying("a whole number from {low} to {high}", low=low, high=high),
        {"type": "integer", "minimum": low, "maximum": high},
    )


ANYTHING = Shape(lambda _value: True, "any JSON", {})
TEXT = Shape(_is_text, "a text", {"type": "string"})
NAME = Shape(_is_name, "a text that is not blank", {"type": "string", "minLength": 1, "pattern": r"\S"})
DAY_OR_TIME = Shape(
    _is_day_or_time,
    "a date, or a date-time with an offset",
    {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]},
)

_TEXT = Field("text", "What the customer wrote", TEXT)
_LANGUAGE = Field("language", "BCP 47 tag of the text", TEXT)
_ENDS_AT = Field("ends_at", "When the contract ends", DAY_OR_TIME)
_CONTRACT = Field("contract_id", "Which contract", ANYTHING)
_CART = Field("cart_id", "Which cart", ANYTHING)
_TOTAL = Field("total", "What it is worth, in the shop's currency", ANYTHING)
_SALE = Field("sale_id", "Which sale", ANYTHING)
_ORDER = Field("order_id", "Which order", ANYTHING)
_QUESTION = Field("topic", "What it was about", ANYTHING)


def _known(name: str, means: str, sample: Mapping[str, JsonValue], *fields: Field) -> EventType:
    return EventType(name, means, fields, MappingProxyType(dict(sample)))


_CART_SAMPLE: dict[str, JsonValue] = {"cart_id": "c-1042", "total": 480}
_CONTRACT_SAMPLE: dict[str, JsonValue] = {"contract_id": "k-88", "ends_at": "2026-09-30"}
_SALE_SAMPLE: dict[str, JsonValue] = {"sale_id": "s-310", "total": 2400}
_ORDER_SAMPLE = {"order_id": "o-77"}
_SURVEY = (
    Field("csat", "Satisfaction", _whole(1, 5)),
    Field("ces", "Effort", _whole(1, 7)),
    Field("nps", "Would recommend", _whole(0, 10)),
    Field("empathy", "Felt understood", _whole(1, 5)),
)
_IDENTIFIED = Field("anonymous_id", "The other id that is this customer too", NAME, required=True)

_TYPES = (
    _known("checkout.started", "A checkout began", _CART_SAMPLE, _CART, _TOTAL),
    _known("checkout.updated", "Its cart or a step of it changed", _CART_SAMPLE, _CART, _TOTAL),
    _known("checkout.completed", "It was paid", _CART_SAMPLE, _CART, _TOTAL),
    _known("checkout.abandoned", "The channel says that it was left", _CART_SAMPLE, _CART, _TOTAL),
    _known("contract.started", "A contract began", _CONTRACT_SAMPLE, _CONTRACT, _ENDS_AT),
    _known("contract.renewed", "A contract was renewed", _CONTRACT_SAMPLE, _CONTRACT, _ENDS_AT),
    _known("contract.ended", "A contract ended", _CONTRACT_SAMPLE, _CONTRACT, _ENDS_AT),
    _known("customer.updated", "Attributes of the customer changed; null removes one", {"language": "he"}),
    _known("customer.moved", "The customer moved house", {"region": "north"}),
    _known("customer.identified", "A second id is this customer", {"anonymous_id": "device-5f2"}, _IDENTIFIED),
    _known("complaint.filed", "A complaint was made", {"text": "Third time I call!"}, _TEXT, _LANGUAGE, _QUESTION),
    _known("survey.answered", "A survey was answered", {"csat": 2, "text": "Slow."}, *_SURVEY, _TEXT, _LANGUAGE),
    _known("message.received", "Chat, e-mail or social", {"text": "נמאס לי", "language": "he"}, _TEXT, _LANGUAGE),
    _known("bot.fallback", "The bot did not understand", {"topic": "bill"}, _QUESTION),
    _known("help.searched", "The help was searched", {"results": 0}, Field("results", "How many", _whole(0))),
    _known("help.viewed", "A help page was read", {"page": "bill"}),
    _known("help.repeated", "The same help was asked for again", {"topic": "bill"}, _QUESTION),
    _known("login.failed", "A sign-in failed", {"cause": "password"}),
    _known("identification.repeated", "The customer had to identify again", {"count": 2}),
    _known("ivr.zero_out", "The customer pressed 0 to get out of the menu", {"menu": "main"}),
    _known("page.error", "A page failed before the customer's eyes", {"page": "pay"}),
    _known("sale.opened", "A representative or a store opened a sale", _SALE_SAMPLE, _SALE, _TOTAL),
    _known("sale.closed", "That sale was closed", _SALE_SAMPLE, _SALE),
    _known("delivery.failed", "A delivery did not succeed", _ORDER_SAMPLE, _ORDER),
    _known("delivery.delayed", "A delivery will be late", _ORDER_SAMPLE, _ORDER),
    _known("queue.abandoned", "The customer hung up while waiting", {"queue": "service", "waited": 310}),
    _known("contact.inbound", "The customer called or wrote to a person", {"queue": "service"}),
)
EVENT_TYPES: Mapping[str, EventType] = MappingProxyType({known.name: known for known in _TYPES})
_CHECKS = {known.name: tuple(f for f in known.fields if f.shape is not ANYTHING) for known in _TYPES}
