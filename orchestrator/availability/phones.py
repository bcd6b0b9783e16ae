"""Phone numbers in one spelling, E.164, or the reason why a text is none."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

Phone = NewType("Phone", str)
_LONGEST = 64


class PhoneFault(StrEnum):
    MISSING = "phone_missing"
    NOT_TEXT = "phone_not_text"
    STAR_CODE = "phone_star_code"  # *2700: reaches somebody inside one carrier's network, and is parsed as another number
    NO_REGION = "phone_no_region"  # a national number, and nobody says of which country
    NOT_A_NUMBER = "phone_not_a_number"
    INVALID = "phone_invalid"  # looks like a number; nobody can have it
    EXTENSION = "phone_extension"  # reaches a switchboard, not the customer


@dataclass(frozen=True, slots=True)
class BadPhone:
    """Why a text is no number to dial. Never holds the text itself."""

    fault: PhoneFault


def normalise(text: object, *, region: str | None = None) -> Phone | BadPhone:
    """Return `text` as E.164 (`+972527654321`), or why it is no number that can be dialled.

    `region` (ISO alpha-2) is where a number without a country code belongs. Direction marks, spaces, hyphens of any kind
    and digits of any script are understood.
    """
    if text is None:
        return BadPhone(PhoneFault.MISSING)
    if not isinstance(text, str):
        return BadPhone(PhoneFault.NOT_TEXT)
    bare = "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf").strip()
    if not bare:
        return BadPhone(PhoneFault.MISSING)
    if bare[0] in "*#":
        return BadPhone(PhoneFault.STAR_CODE)
    return _parsed(bare, region) if len(bare) <= _LONGEST else BadPhone(PhoneFault.NOT_A_NUMBER)


def _parsed(text: str, region: str | None) -> Phone | BadPhone:
    try:
        number = phonenumbers.parse(text, None if region is None else region.upper())
    except NumberParseException as error:
        no_region = error.error_type == NumberParseException.INVALID_COUNTRY_CODE and not text.startswith("+")
        return BadPhone(PhoneFault.NO_REGION if no_region else PhoneFault.NOT_A_NUMBER)
    if number.extension:
        return BadPhone(PhoneFault.EXTENSION)
    if not phonenumbers.is_valid_number(number):
        return BadPhone(PhoneFault.INVALID)
    return Phone(phonenumbers.format_number(number, PhoneNumberFormat.E164))
