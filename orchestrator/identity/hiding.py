"""Numbers hidden from agents, wherever they stand: in a field of their own, or in the middle of what a customer wrote. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher

Value = TypeVar("Value")
Hide = Callable[[str], str]

_SHOWN = 2  # last digits, so that two of a customer's numbers can be told apart
_OWN = 7  # digits from the end by which a number is known again, whatever its prefix and however it is written
_INTERNATIONAL = re.compile(r"\+\d(?:[\s().\-/]*\d){6,14}")
_DIGITS = re.compile(r"\d(?:[\s().\-/]{0,2}\d){6,14}")


def hider(*, own: str | None, region: str | None) -> Hide:
    """Return what hides numbers in a text: those written internationally, those of `region`, and the customer's `own`."""
    tail = re.sub(r"\D", "", own or "")[-_OWN:]

    def hide(text: str) -> str:
        text = _INTERNATIONAL.sub(_masked, text)
        if region in phonenumbers.SUPPORTED_REGIONS:
            for found in reversed(list(PhoneNumberMatcher(text, region, leniency=Leniency.VALID))):
                text = text[: found.start] + masked(found.raw_string) + text[found.end :]
        return _DIGITS.sub(lambda match: _masked(match) if _ends(match[0], tail) else match[0], text)

    return hide


def masked(number: str) -> str:
    """Return a number's last digits behind dots."""
    return "•••" + re.sub(r"\D", "", number)[-_SHOWN:]


def hidden(value: Value, hide: Hide) -> Value:
    """Return `value` with every text in it hidden: through dataclasses, mappings and sequences. Keys stay."""
    shown: Value = _hidden(value, hide)
    return shown


def _hidden(value: Any, hide: Hide) -> Any:  # `Any`: the type of what comes in is the type of what goes out
    if type(value) is str:  # not an enumeration's value: that is a word of ours
        return hide(value)
    if isinstance(value, Mapping):
        return {key: _hidden(each, hide) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_hidden(each, hide) for each in value)
    if isinstance(value, int) and len(str(value)) >= _OWN:  # a number that a channel sent as one
        text = str(value)
        return value if hide(text) == text else hide(text)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _hidden(getattr(value, field.name), hide) for field in fields(value)})
    return value


def _masked(match: re.Match[str]) -> str:
    return masked(match[0])


def _ends(text: str, tail: str) -> bool:
    return len(tail) == _OWN and re.sub(r"\D", "", text).endswith(tail)
