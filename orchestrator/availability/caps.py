"""How often somebody may be contacted: which past contacts a cap counts, and from when on it leaves room again. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.availability.purposes import Purpose
from orchestrator.availability.situation import Cap, CapHolder, Contact, ContactKind, Situation


@dataclass(frozen=True, slots=True)
class Reached:
    """A cap without room: `count` contacts stand against it, and it leaves room again from `free_at` (aware UTC)."""

    cap: Cap
    count: int
    free_at: datetime


def reached(situation: Situation, now: datetime) -> Reached | None:
    """Return the cap that leaves room last; None where every cap leaves room now."""
    full = (each for cap in situation.caps if _holds(cap, situation) for each in _full(cap, situation, now))
    return max(full, key=lambda each: each.free_at, default=None)


def sentence_of(cap: Cap) -> str:
    """Return the key of the sentence that tells this cap."""
    if cap.law is not None:
        return "cap_reached_law"
    if cap.same_subject:
        return "cap_reached_subject"
    if cap.media:
        return "cap_reached_media"
    return "cap_reached" if cap.rule is None else "cap_reached_rule"


def narrowed(cap: Cap) -> Mapping[str, str]:
    """Return the figures that say what a narrower cap counts: `law`, such as `US-FL`, or `media`."""
    if cap.law is not None:
        return {"law": cap.law}
    return {"media": ", ".join(sorted(cap.media))} if cap.media and not cap.same_subject else {}


def _holds(cap: Cap, situation: Situation) -> bool:
    """Tell whether the cap is about such a contact at all."""
    return (cap.rule is None or cap.rule == situation.rule) and (not cap.media or situation.medium in cap.media)


def _full(cap: Cap, situation: Situation, now: datetime) -> Iterator[Reached]:
    """Yield the cap for each of customer and number that has used it up. The oldest that fills it has to fall out."""
    for contacts in _of(cap, situation):
        counted = _counted(cap, contacts, situation, now)
        if len(counted) >= cap.limit:
            yield Reached(cap, len(counted), counted[len(counted) - cap.limit] + cap.within)


def _of(cap: Cap, situation: Situation) -> Iterator[Sequence[Contact]]:
    if cap.holder is not CapHolder.NUMBER:
        yield situation.contacts
    if cap.holder is not CapHolder.CUSTOMER:
        yield situation.number_contacts


def _counted(cap: Cap, contacts: Sequence[Contact], situation: Situation, now: datetime) -> list[datetime]:
    """Return the times, oldest first, of the contacts that count toward `cap` in the stretch that ends now."""
    since = now - cap.within
    return sorted(contact.at for contact in contacts if contact.at > since and _counts(cap, contact, situation))


def _counts(cap: Cap, contact: Contact, situation: Situation) -> bool:
    """The customer's own contact has no rule, subject or medium of ours: only what limits all contacts counts it."""
    if contact.kind is ContactKind.INBOUND:
        narrow = cap.rule is not None or cap.same_subject or cap.media
        return situation.purpose is Purpose.MARKETING and not narrow
    return (
        (cap.rule is None or contact.rule == cap.rule)
        and (not cap.same_subject or situation.subject in contact.subjects)
        and (not cap.media or contact.medium in cap.media)
    )
