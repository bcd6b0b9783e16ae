"""Why this customer is called now, and all that is needed to open the call well: the card an agent reads before dialing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.purposes import Purpose
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import STANDING, MomentRow
from orchestrator.escalations.lead import strongest
from orchestrator.escalations.promises import customer_zone
from orchestrator.escalations.states import PromiseState
from orchestrator.escalations.tables import PromiseRow
from orchestrator.escalations.words import Language, language_of
from orchestrator.identity.hidden_fields import Veil
from orchestrator.insights.event_channels import Channels, channels_of
from orchestrator.insights.stories import Ground, ground
from orchestrator.insights.unseen import veil_over
from orchestrator.insights.why_consent import Unraised, no_offers, parted, reason
from orchestrator.insights.why_facts import Fact, facts_of, known_already, quote_of
from orchestrator.insights.why_hours import hours_of_call
from orchestrator.insights.why_past import Tried, recent_events, suppressed_by_consent, tried
from orchestrator.insights.why_times import by_when
from orchestrator.insights.why_words import happened, hidden_word, opening, why_now
from orchestrator.intake.tables import CustomerRow, EventRow
from orchestrator.permissions.reading import consents_of, statement_of
from orchestrator.queueing.tables import TaskRow
from orchestrator.wording.reading import opening_of

_SAID = (PromiseState.OPEN, PromiseState.BROKEN, PromiseState.RENEWED, PromiseState.KEPT)


@dataclass(frozen=True, slots=True)
class Who:
    """Whom to call. `local` is the present time where they are; None where nobody knows the zone."""

    name: str | None
    phone: str | None
    language: str | None
    zone: str | None
    local: datetime | None


@dataclass(frozen=True, slots=True)
class Sign:
    """One event of the journey. `counted`: the moment was recognised by it."""

    at: datetime
    channel: str
    what: str
    quote: str | None
    facts: tuple[Fact, ...]
    counted: bool


@dataclass(frozen=True, slots=True)
class Promised:
    """What the customer was told, in these very words."""

    words: str
    said_at: datetime
    due_at: datetime
    state: PromiseState


@dataclass(frozen=True, slots=True)
class Reason:
    """Another reason to speak, joined to this call. `confidence` is how sure its rule is, None where it could not tell."""

    title: str
    at: datetime
    confidence: float | None = 1


@dataclass(frozen=True, slots=True)
class WhyCard:
    """`evidence` and `tried` are the newest first. `opening` is in the customer's language, the rest in the reader's."""

    who: Who
    why: str
    evidence: tuple[Sign, ...]
    tried: tuple[Tried, ...]
    known: tuple[Fact, ...]
    promised: tuple[Promised, ...]
    opening: str
    opening_language: Language
    others: tuple[Reason, ...]
    unraised: tuple[Unraised, ...]
    notes: str | None = None  # what was written down for this very task
    confidence: float | None = 1  # how sure the leading reason's rule is, None where it could not tell
    hours: str | None = None  # which calling hours let the call go out


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the card, in which language and zone (the customer's when None); `organisation` is whom they call for.

    `unseen` are the names of fields that are hidden from them.
    """

    name: str
    language: Language
    organisation: str | None = None
    zone: ZoneInfo | None = None
    unseen: tuple[str, ...] = ()


Title = Callable[[MomentRow, Language], str]
Attributes = Mapping[str, object]  # of the customer, as the reader may see them


async def why_card(session: AsyncSession, task: TaskRow, reader: Reader, *, rules: RuleLibrary, now: datetime) -> WhyCard:
    """Return the task's card. It names the customer: whoever is shown it must be allowed to know them."""
    known = await ground(session, task.escalation_id)
    customer = known.customer
    suppressed = await suppressed_by_consent(session, customer.id, now=now)
    title = await _titles(session, rules, [*known.moments, *suppressed])
    reasons = [row for row in known.moments if row.status in STANDING] or known.moments  # what is settled is no reason to call
    on_record = tuple(statement_of(row) for row in await consents_of(session, customer.id))
    may, may_not = parted(reasons, customer.attributes, on_record, now)
    general = no_offers(customer.attributes, reader.language, on_record, now)
    if any(row.purpose == Purpose.MARKETING for row in may):
        general = None  # of what may be raised, one is an offer: the customer agreed to that one
    lead = strongest(may) or strongest(reasons)
    events = {(row.source, row.id): row for row in chain(await recent_events(session, customer.id, now=now), known.evidence)}
    journey = sorted(events.values(), key=lambda row: (row.time, row.source, row.id), reverse=True)
    channels = await channels_of(session, {(row.channel_id, row.source) for row in journey})
    veil = veil_over(customer, journey, reader.unseen, word=hidden_word(reader.language))
    about = veil.data(customer.attributes)
    spoken = language_of(task.language or customer.attributes.get("language"))
    said = _promised(known.promises)
    return WhyCard(
        who=_who(customer, about, task, now=now),
        why=_why(known, lead, title, reader, channels, veil, now=now),
        evidence=tuple(_sign(row, may, reader.language, channels, veil) for row in journey),
        tried=tuple(_veiled(each, veil) for each in await tried(session, customer.id, now=now)),
        known=known_already(about, [(row.time, veil.data(row.data)) for row in journey], reader.language),
        promised=said,
        opening=opening(
            task.script,
            spoken,
            about=title(lead, spoken) if lead is not None else known.escalation.rule,
            agent=reader.name,
            organisation=reader.organisation,
            name=name if (name := _text(about, "name")) != veil.word else None,
            promised=any(each.state in (PromiseState.OPEN, PromiseState.BROKEN) for each in said),
            written=await opening_of(session, task.script, spoken),
        ),
        opening_language=spoken,
        others=tuple(
            Reason(title(row, reader.language), row.at, row.confidence) for row in may if lead is not None and row.id != lead.id
        ),
        unraised=_unraised([*may_not, *suppressed], customer, title, reader.language, general),
        notes=None if task.notes is None else veil.text(task.notes),
        confidence=1 if lead is None else lead.confidence,
        hours=await hours_of_call(session, known.escalation.id, reader.language, reader.unseen),
    )


async def _titles(session: AsyncSession, rules: RuleLibrary, moments: Sequence[MomentRow]) -> Title:
    versions = {(row.rule, row.version) for row in moments}
    documents = {each: await rules.version(session, *each) for each in sorted(versions)}
    return lambda row, language: documents[row.rule, row.version].title_in(language.value)


def _who(customer: CustomerRow, about: Attributes, task: TaskRow, *, now: datetime) -> Who:
    zone = customer_zone(customer)
    return Who(
        name=_text(about, "name"),
        phone=_text(about, "phone"),
        language=task.language or _text(about, "language"),
        zone=None if zone is None else zone.key,
        local=None if zone is None else now.astimezone(zone),
    )


def _why(
    known: Ground, lead: MomentRow | None, title: Title, reader: Reader, channels: Channels, veil: Veil, *, now: datetime
) -> str:
    if lead is None:
        return f"{known.escalation.rule}."
    named = set(lead.evidence)
    signs = [row for row in known.evidence if f"{row.source} {row.id}" in named]
    open_promises = [row for row in known.promises if row.state is PromiseState.OPEN]
    there = customer_zone(known.customer)
    here = reader.zone or there or ZoneInfo("Etc/UTC")
    due = open_promises[-1].due_at if open_promises else None
    return why_now(
        title(lead, reader.language),
        reader.language,
        last=(signs[-1].type, _channel(signs[-1], reader.language, channels), now - signs[-1].time) if signs else None,
        signs=len(signs),
        phrases=list(dict.fromkeys(veil.part(str(word)) for word in lead.words)),
        promised=None if due is None else by_when(due, reader.language, now=now, here=here, there=there),
    )


def _sign(row: EventRow, may: Sequence[MomentRow], language: Language, channels: Channels, veil: Veil) -> Sign:
    counted = any(f"{row.source} {row.id}" in moment.evidence for moment in may)
    what, where = happened(row.type, language), _channel(row, language, channels)
    data = veil.data(row.data)
    return Sign(row.time, where, what, quote_of(data), facts_of(data, language), counted)


def _veiled(each: Tried, veil: Veil) -> Tried:
    return each if each.note is None else replace(each, note=veil.text(each.note))


def _channel(row: EventRow, language: Language, channels: Channels) -> str:
    return channels.kind(row.channel_id, row.source, language)


def _promised(rows: Sequence[PromiseRow]) -> tuple[Promised, ...]:
    return tuple(
        Promised(row.words, row.said_at, row.due_at, row.state)
        for row in rows
        if row.said_at is not None and row.state in _SAID
    )


def _unraised(
    rows: Sequence[MomentRow], customer: CustomerRow, title: Title, language: Language, general: Unraised | None
) -> tuple[Unraised, ...]:
    found = {title(row, language): reason(row.purpose, customer.attributes, language) for row in rows}
    lines = [Unraised(what, why) for what, why in found.items()]
    return tuple(lines if general is None else [*lines, general])


def _text(about: Attributes, name: str) -> str | None:
    value = about.get(name)
    return value if isinstance(value, str) and value.strip() else None
