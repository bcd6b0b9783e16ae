"""What a customer has allowed and forbidden, read from the attributes channels report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.availability.purposes import Medium, Purpose


@dataclass(frozen=True, slots=True)
class Wishes:
    """`consent` maps `service`, `marketing`, `voice_recorded`, `sms` to what was said; what was never said is absent.

    `do_not_call_since` (aware UTC) is when do-not-call was recorded, None where nobody knows.
    `number_blocked` is do-not-call of the number itself, which families share; `topic_forbidden_since` (aware UTC) is when
    the customer forbade calls about what this contact is about, None where that was not said.
    """

    do_not_call: bool = False
    do_not_call_since: datetime | None = None
    number_blocked: bool = False
    topic_forbidden_since: datetime | None = None
    consent: Mapping[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, attributes: Mapping[str, object], *, do_not_call_since: datetime | None = None) -> "Wishes":
        """Read a customer's attributes. Only `true` and `false` count; anything else was never said."""
        consent = attributes.get("consent")
        said = {str(k): v for k, v in consent.items() if isinstance(v, bool)} if isinstance(consent, Mapping) else {}
        return cls(do_not_call=attributes.get("do_not_call") is True, do_not_call_since=do_not_call_since, consent=said)

    def permit(self, purpose: Purpose) -> bool:
        """Say whether consent lets a contact of this purpose happen.

        A requested callback needs none; service is allowed until it is forbidden; marketing is forbidden until it is
        allowed by exactly `true`.
        """
        match purpose:
            case Purpose.REQUESTED_CALLBACK:
                return True
            case Purpose.SERVICE:
                return self.consent.get(purpose) is not False
            case Purpose.MARKETING:
                return self.consent.get(purpose) is True

    def permit_medium(self, medium: Medium) -> bool:
        """Say whether the medium may be used at all, whatever the purpose.

        A recorded greeting needs its own prior consent; a message is allowed until it is forbidden (where messages need
        consent because they sell, the purpose has asked for it); a person may speak.
        """
        match medium:
            case Medium.VOICE_PERSON:
                return True
            case Medium.VOICE_RECORDED:
                return self.consent.get(medium) is True
            case Medium.SMS:
                return self.consent.get(medium) is not False

    def forbid_calls(self, purpose: Purpose, *, requested_at: datetime | None) -> bool:
        """Say whether do-not-call stands against this contact.

        Who asks to be called although do-not-call is recorded means this one call, so for a requested callback only a
        do-not-call known to be recorded after the request counts, or one of the number: another person may hold it.
        """
        if not self.do_not_call:
            return False
        if purpose is not Purpose.REQUESTED_CALLBACK:
            return True
        return _after(self.do_not_call_since, requested_at)

    def forbid_topic(self, purpose: Purpose, *, requested_at: datetime | None) -> bool:
        """Say whether do-not-call about this topic stands against this contact; of a request, only one said after it."""
        if purpose is not Purpose.REQUESTED_CALLBACK:
            return self.topic_forbidden_since is not None
        return _after(self.topic_forbidden_since, requested_at)


def _after(since: datetime | None, requested_at: datetime | None) -> bool:
    return since is not None and requested_at is not None and since > requested_at


NOTHING_SAID = Wishes()


def suppressed_by_consent(purpose: Purpose, attributes: Mapping[str, object]) -> bool:
    """Say whether a moment of this purpose is `suppressed:consent` when it is found (semantics, 6)."""
    if purpose is Purpose.REQUESTED_CALLBACK:
        return False
    wishes = Wishes.of(attributes)
    return wishes.do_not_call or not wishes.permit(purpose)


def lifts_hours(attributes: Mapping[str, object]) -> bool:
    """Say whether the customer's consent to calls at other hours is recorded: `consent.other_hours`, exactly `true`."""
    consent = attributes.get("consent")
    return isinstance(consent, Mapping) and consent.get("other_hours") is True
