"""Customers at the console: found by what a person knows of them, and shown with all that happened and why."""

from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session
from api.pages.console import words
from api.pages.console.now import Lens, Watching
from api.pages.console.sentences import sentences_in
from api.pages.frame import page
from api.pages.people import ProtectedForm
from api.paging import After, decode, encode
from api.transactions import Repeatable
from orchestrator.escalations.words import Language
from orchestrator.identity.customer_searches import keep_search, kept_search
from orchestrator.insights.customer_tasks import customer_tasks
from orchestrator.insights.event_channels import Channels, channels_of
from orchestrator.insights.known_wishes import known_wishes
from orchestrator.insights.naming import rule_titles
from orchestrator.insights.search import search
from orchestrator.insights.timelines import Entry, Kind, get_customer, open_escalation_of, subjects_of, timeline
from orchestrator.insights.why_words import happened
from orchestrator.intake.tables import CustomerRow

router = APIRouter(prefix="/console/customers", route_class=Repeatable)

_ENTRIES = 50
_OWN_PLACE = ("name", "phone", "language", "zone", "country", "consent", "do_not_call")


@router.get("")
async def show_search(
    request: Request, viewer: Watching, session: Session, database: DatabaseDep, sought: UUID | None = None
) -> Response:
    """Show the form, and what is found where the address holds the id of a search that this session sent."""
    if sought is None:
        return page(request, "console/customers.html", viewer=viewer, words="", found=None)
    words = await kept_search(session, viewer, sought, now=await database.clock.now(session))
    found = None if words is None else await search(session, words)
    return page(request, "console/customers.html", viewer=viewer, words=words or "", found=found, forgotten=words is None)


@router.post("", dependencies=[ProtectedForm])
async def send_search(
    request: Request,
    viewer: Watching,
    session: Session,
    database: DatabaseDep,
    words: Annotated[str, Form(max_length=1024)] = "",
) -> Response:
    """Search by a form's body: what is looked for is personal, and addresses are kept in logs and histories."""
    asked = words.replace("\0", "").strip()
    if not asked:
        return page(request, "console/customers.html", viewer=viewer, status=422, words="", found=None, missing=True)
    kept = await keep_search(session, viewer, asked, now=await database.clock.now(session))
    return RedirectResponse(f"/console/customers?sought={kept}", 303)


@router.get("/{customer_id}")
async def show_customer(
    request: Request, customer_id: UUID, viewer: Watching, session: Session, cursor: After = None
) -> Response:
    customer = await get_customer(session, customer_id)
    if customer.id != customer_id:
        return RedirectResponse(f"/console/customers/{customer.id}", 303)
    known = await _known(session, customer, cursor)
    channels = await _channels(session, known["entries"])
    lens = Lens.of(request, viewer)
    known["titles"] = await rule_titles(session, lens.language)
    return page(
        request, "console/customer.html", viewer=viewer, words=words, **_said_in(lens.language, viewer.zone, channels), **known
    )


def _said_in(code: str, zone: str, channels: Channels) -> dict[str, Any]:
    """Return what tells gates, events and channels in the reader's language."""
    language = Language(code)
    return {
        "sentence": sentences_in(code, zone),
        "happened": partial(happened, language=language),
        "channel": partial(channels.title, language=language),
    }


async def _channels(session: AsyncSession, entries: Iterable[Entry]) -> Channels:
    events = [each.detail for each in entries if each.kind is Kind.EVENT]
    return await channels_of(session, {(event["channel_id"], event["source"]) for event in events})


async def _known(session: AsyncSession, customer: CustomerRow, cursor: str | None) -> dict[str, Any]:
    entries = await timeline(session, customer.id, before=decode(cursor), limit=_ENTRIES + 1)
    last = entries[_ENTRIES - 1] if len(entries) > _ENTRIES else None
    return {
        "customer": customer,
        "subjects": await subjects_of(session, customer.id),
        "case": await open_escalation_of(session, customer.id),
        "tasks": await customer_tasks(session, customer.id),
        "wishes": known_wishes(customer.attributes),
        "there": _zone(customer.attributes.get("zone")),
        "further": {name: value for name, value in customer.attributes.items() if name not in _OWN_PLACE},
        "entries": entries[:_ENTRIES],
        "next": None if last is None else encode(last.at, last.id),
        "is_first": cursor is None,
    }


def _zone(name: object) -> str | None:
    """Return the customer's zone where there is one of this name."""
    try:
        return ZoneInfo(name).key if isinstance(name, str) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
