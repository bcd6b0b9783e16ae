"""Customers: who a subject is, what we know of them, and what happened to them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, StringConstraints

from api.dependencies import Session, Supervisor, idempotent
from api.paging import After, Limit, Page, decode, encode
from api.schemas import Body, Text, View
from api.transactions import Transactional
from orchestrator.insights.timelines import Entry, Kind, find_customer, get_customer, open_escalation_of, subjects_of, timeline
from orchestrator.intake.tables import CustomerRow

router = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=Transactional, dependencies=[Depends(idempotent)])


class Lookup(Body):
    """`subject` is the customer's id in the system of whoever reported the events."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"subject": "customer-77"}]})

    subject: Annotated[Text, StringConstraints(strip_whitespace=False, min_length=1, max_length=1024)]


class CustomerView(View):
    """`subject` is the id that is kept; `escalation_id` the open escalation, where there is one."""

    id: UUID
    subject: str
    attributes: dict[str, Any]
    created_at: datetime
    last_contact_at: datetime | None
    opted_out_at: datetime | None
    escalation_id: UUID | None = None


class EntryView(View):
    """One thing that happened; `detail` depends on its kind."""

    at: datetime
    kind: Kind
    id: UUID
    detail: dict[str, Any]


class CustomerStory(CustomerView):
    """A customer with every id known, and a page of what happened, newest first."""

    subjects: list[str]
    timeline: Page[EntryView]


@router.post("/lookup", summary="The customer that a subject means today")
async def look_up(body: Lookup, _: Supervisor, session: Session) -> CustomerView:
    return await _view(session, await find_customer(session, body.subject))


@router.get("/{customer_id}", summary="A customer and a page of the timeline, newest first")
async def show_customer(
    customer_id: UUID, _: Supervisor, session: Session, cursor: After = None, limit: Limit = 50
) -> CustomerStory:
    customer = await get_customer(session, customer_id)
    view = await _view(session, customer)
    entries = await timeline(session, customer.id, before=decode(cursor), limit=limit + 1)
    page = Page[EntryView](items=[EntryView.model_validate(entry) for entry in entries[:limit]], next=_next(entries, limit))
    return CustomerStory(**view.model_dump(), subjects=list(await subjects_of(session, customer.id)), timeline=page)


async def _view(session: Session, customer: CustomerRow) -> CustomerView:
    view = CustomerView.model_validate(customer)
    return view.model_copy(update={"escalation_id": await open_escalation_of(session, customer.id)})


def _next(entries: list[Entry], limit: int) -> str | None:
    return encode(entries[limit - 1].at, entries[limit - 1].id) if len(entries) > limit else None
