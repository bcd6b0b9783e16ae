"""A customer's consent, do-not-call and their history: read by who watches, changed by who supervises."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.availability import permission_forms as forms
from api.pages.availability.permission_forms import BanForm, ConsentForm
from api.pages.console.now import Lens, Supervising, Watching
from api.pages.console.sentences import sentences_in
from api.pages.frame import page
from api.pages.people import ProtectedForm, Role, Viewer
from api.pages.settings.words import faults_of
from api.transactions import Repeatable
from orchestrator.errors import BadInput
from orchestrator.insights.timelines import get_customer
from orchestrator.permissions.consenting import record_consent
from orchestrator.permissions.forbidding import record_do_not_call
from orchestrator.permissions.reading import consents_of, do_not_call_of
from orchestrator.permissions.standing import stands
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.telephony.numbers import customer_number

router = APIRouter(prefix="/console/customers/{customer_id}", route_class=Repeatable)

Line = Annotated[str, Form(max_length=2000)]


@router.get("/permissions")
async def show_permissions(
    request: Request, customer_id: UUID, viewer: Watching, session: Session, database: DatabaseDep, settings: SettingsDep
) -> Response:
    return await _page(request, viewer, session, database, settings, customer_id)


@router.post("/consent", dependencies=[ProtectedForm])
async def send_consent(
    request: Request,
    customer_id: UUID,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    said: Line = forms.YES,
    purpose: Line = "",
    medium: Line = "",
    topic: Line = "",
    proof: Line = "",
    source: Line = "",
    given_on: Line = "",
    expires_on: Line = "",
) -> Response:
    typed = ConsentForm(said, purpose, medium, topic, proof, source, given_on, expires_on)
    try:
        word = typed.word(viewer.zone, await database.clock.now(session))
        await record_consent(session, customer_id, word, who=viewer, clock=database.clock)
    except BadInput as refused:
        faults = faults_of(refused, forms.CONSENT_FAULTS, forms.CONSENT_FIELDS)
        return await _page(request, viewer, session, database, settings, customer_id, consent=typed, faults=faults)
    return RedirectResponse(f"/console/customers/{customer_id}/permissions", 303)


@router.post("/do-not-call", dependencies=[ProtectedForm])
async def send_do_not_call(
    request: Request,
    customer_id: UUID,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    ban: Line = "forbid",
    ban_topic: Line = "",
    ban_number: Line = "",
    ban_proof: Line = "",
    ban_source: Line = "",
) -> Response:
    typed = BanForm(ban, ban_topic, ban_number, ban_proof, ban_source)
    try:
        await record_do_not_call(session, customer_id, typed.word(), who=viewer, clock=database.clock, settings=settings)
    except BadInput as refused:
        faults = faults_of(refused, forms.BAN_FAULTS, forms.BAN_FIELDS)
        return await _page(request, viewer, session, database, settings, customer_id, ban=typed, faults=faults)
    return RedirectResponse(f"/console/customers/{customer_id}/permissions", 303)


async def _page(
    request: Request,
    viewer: Viewer,
    session: AsyncSession,
    database: Database,
    settings: Settings,
    customer_id: UUID,
    *,
    consent: ConsentForm | None = None,
    ban: BanForm | None = None,
    faults: dict[str, str] | None = None,
) -> Response:
    customer = await get_customer(session, customer_id)
    if customer.id != customer_id and not faults:
        return RedirectResponse(f"/console/customers/{customer.id}/permissions", 303)
    now, phone = await database.clock.now(session), customer_number(customer.attributes, settings)
    known: dict[str, Any] = {
        "customer": customer,
        "stands": await stands(session, customer, now=now, settings=settings),
        "consents": list(reversed(await consents_of(session, customer.id))),
        "bans": list(reversed(await do_not_call_of(session, customer.id, phone if isinstance(phone, str) else None))),
        "sentence": sentences_in(Lens.of(request, viewer).language, viewer.zone),
        "typed": asdict(consent or ConsentForm(source=viewer.name)) | asdict(ban or BanForm(ban_source=viewer.name)),
        "faults": faults or {},
        "may_act": viewer.may(Role.SUPERVISOR),
        "forms": forms,
        "at": now,
    }
    status = 422 if faults else 200
    return page(request, "availability/permissions.html", viewer=viewer, status=status, **known)
