"""Why a customer is contacted and by which medium: the two words that choose which rules apply."""

from enum import StrEnum


class Purpose(StrEnum):
    REQUESTED_CALLBACK = "requested_callback"  # the customer asked for it
    SERVICE = "service"  # a fault, an order, a contract in force
    MARKETING = "marketing"  # any aim of closing a deal, now or later


class Medium(StrEnum):
    VOICE_PERSON = "voice_person"  # an agent speaks first
    VOICE_RECORDED = "voice_recorded"  # a recorded greeting opens the call: an automatic dialler in many countries
    SMS = "sms"

    @property
    def is_voice(self) -> bool:
        return self is not Medium.SMS
