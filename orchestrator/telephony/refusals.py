"""What the carrier's error codes mean for us (Twilio's dictionary of errors)."""

from orchestrator.telephony.ports import CarrierRefused, CarrierUnavailable, CarrierUnclear, Refusal

TOO_MANY_REQUESTS = 20429

# What is not named here is our set-up: a sender that is not verified, a country not opened, a request that is wrong.
_MEANINGS: dict[int, Refusal] = {
    10004: Refusal.LATER,  # too many calls at once
    22005: Refusal.LATER,  # more than a day of calls queued
    21611: Refusal.LATER,  # the sender's message queue is full
    21211: Refusal.NUMBER,
    21217: Refusal.NUMBER,
    21214: Refusal.NUMBER,
    21614: Refusal.NUMBER,  # not a mobile number
    21612: Refusal.NUMBER,  # no route to this number
    13224: Refusal.NUMBER,
    21610: Refusal.OPTED_OUT,
    21220: Refusal.OVER,
    20404: Refusal.MISSING,
}


def meaning(number: int) -> Refusal:
    """Return what a refusal with this code is about."""
    return _MEANINGS.get(number, Refusal.SETUP)


def of_creation(status: int, number: int) -> CarrierRefused | CarrierUnavailable | CarrierUnclear:
    """Return what an error answer to a request that creates something means.

    `number` is the carrier's own code; one that equals the HTTP status says that the body had none, so that somebody on the
    way may have answered. A 5xx may come after the phone has rung (twilio-notes, 3), and so may a 408.
    """
    if status == 429 or number == TOO_MANY_REQUESTS:
        return CarrierUnavailable("too_many_requests", number)
    if 400 <= status < 500 and number != status:
        return CarrierRefused(number, meaning(number))
    return CarrierUnclear("server_fault", number)


def of_repeatable(status: int, number: int) -> CarrierRefused | CarrierUnavailable:
    """Return what an error answer to a request means that may be made twice."""
    if status == 404:
        return CarrierRefused(number, Refusal.MISSING)
    if status == 429 or number == TOO_MANY_REQUESTS or status >= 500 or status == 408:
        return CarrierUnavailable("server_fault", number)
    return CarrierRefused(number, meaning(number))
