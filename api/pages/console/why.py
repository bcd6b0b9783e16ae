"""Why, and why not: what each rule made of a customer until a time, in the reader's language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.dependencies import DatabaseDep, RulesDep, Session
from api.pages.console.now import Lens, Watching
from api.pages.console.sentences import sentences_in
from api.pages.frame import page
from api.pages.rules.words import STATES
from api.transactions import Repeatable
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.explaining import RuleAnswer, explain
from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.explain.telling import Reason
from orchestrator.insights.explain.words import Part, Say
from orchestrator.insights.naming import rule_titles
from orchestrator.insights.timelines import get_customer

router = APIRouter(prefix="/console/customers", route_class=Repeatable)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


_PARTS = {
    Part.RULE: (_("The rule then"), "plain"),
    Part.EVENTS: (_("What the customer did"), "plain"),
    Part.MOMENT: (_("The moment"), "accent"),
    Part.VERDICT: (_("What was decided"), "accent"),
    Part.GATES: (_("Was a contact allowed?"), "warn"),
    Part.CONTACT: (_("What was done"), "accent"),
    Part.OUTCOME: (_("How it stands"), "good"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """One part of the chain: what it is called, its tone, and its sentences; those of gates stand below the first."""

    label: str
    tone: str
    sentences: Sequence[str]
    below: Sequence[str]


@dataclass(frozen=True, slots=True)
class Shown:
    """One rule's answer as the page has it."""

    answer: RuleAnswer
    title: str
    headline: str
    chain: Sequence[Link]


@router.get("/{customer_id}/why")
async def show_why(
    request: Request,
    customer_id: UUID,
    viewer: Watching,
    session: Session,
    database: DatabaseDep,
    rules: RulesDep,
    at: Annotated[str, Query(max_length=40)] = "",
    rule: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """`at` is what the browser's own field writes: a time on the reader's clock."""
    zone, language = ZoneInfo(viewer.zone), Language(Lens.of(request, viewer).language)
    now = await database.clock.now(session)
    asked, customer = _instant(at, zone), await get_customer(session, customer_id)
    until = asked or now
    answers = await explain(session, customer, rules, at=until, rule=rule or None)
    told = [_shown(each, language, zone) for each in sorted(answers, key=_newest, reverse=True)]
    return page(
        request,
        "console/why.html",
        viewer=viewer,
        status=422 if at and asked is None else 200,
        customer=customer,
        typed=at or f"{until.astimezone(zone):%Y-%m-%dT%H:%M:%S}",
        is_wrong=bool(at) and asked is None,
        until=until,
        rule=rule,
        titles=sorted((await rule_titles(session, language.value)).items(), key=lambda each: each[1]),
        told=[each for each in told if rule or not each.answer.is_silent],
        silent=[each for each in told if not rule and each.answer.is_silent],
        sentence=sentences_in(language, viewer.zone),
        states=STATES,
    )


def _newest(answer: RuleAnswer) -> tuple[bool, datetime]:
    """Rules that found a moment come first, and among them what happened last."""
    times = [at for each in answer.reasons if (at := each.at) is not None]
    return answer.moment is not None, max(times, default=_LONG_AGO)


def _shown(answer: RuleAnswer, language: Language, zone: ZoneInfo) -> Shown:
    reader = answer.reader(language, zone)
    title = answer.then.rule.document.title_in(language)
    return Shown(answer, title, answer.headline.read(reader), list(_chain(answer.reasons, reader)))


def _chain(reasons: Iterable[Reason], reader: Reader) -> Iterable[Link]:
    for part, several in groupby(reasons, key=lambda each: each.part):
        label, tone = _PARTS[part]
        own = list(several)
        sentences = [each.read(reader) for each in own if each.say is not Say.GATE]
        yield Link(label, tone, sentences, [each.read(reader) for each in own if each.say is Say.GATE])


def _instant(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone) if text else None
    except ValueError:
        return None
