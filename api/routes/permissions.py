"""What customers agreed to, refused and forbade: recorded with its proof, read with its history."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, ConfigDict, StringConstraints

from api.dependencies import DatabaseDep, Now, Session, SettingsDep, Supervisor, idempotent
from api.schemas import Body, Text, View
from api.transactions import Transactional
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.statements import Basis, Scope
from orchestrator.insights.timelines import get_customer
from orchestrator.permissions.checking import Word
from orchestrator.permissions.consenting import record_consent
from orchestrator.permissions.forbidding import Ban, record_do_not_call
from orchestrator.permissions.reading import consents_of, do_not_call_of
from orchestrator.permissions.registries import RegistryStanding, registries_now
from orchestrator.permissions.tables import DoNotCallRow
from orchestrator.telephony.numbers import customer_number

router = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=Transactional, dependencies=[Depends(idempotent)])
registries = APIRouter(prefix="/v1/registries", tags=["registries"], route_class=Transactional)

Topic = Annotated[Text, StringConstraints(min_length=1, max_length=64)]
Proof = Annotated[Text, StringConstraints(min_length=1, max_length=2000)]
Source = Annotated[Text, StringConstraints(min_length=1, max_length=200)]


class ConsentBody(Body):
    """`topic` is a moment's name; what is left out means all. `source` is the channel or the person it came through."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"purpose": "marketing", "given": True, "proof": "web form 4711", "source": "web", "expires_at": None}]
        }
    )

    given: bool
    source: Source
    purpose: Purpose | None = None
    topic: Topic | None = None
    medium: Medium | None = None
    basis: Basis = Basis.CONSENT
    proof: Proof | None = None
    given_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None

    def word(self) -> Word:
        return Word(
            scope=Scope(self.purpose, self.topic, self.medium),
            given=self.given,
            basis=self.basis,
            proof=self.proof,
            source=self.source,
            given_at=self.given_at,
            expires_at=self.expires_at,
        )


class ConsentView(View):
    """One statement, as it was recorded."""

    purpose: Purpose | None
    topic: str | None
    medium: Medium | None
    given: bool
    basis: Basis
    proof: str | None
    source: str
    given_at: datetime
    expires_at: datetime | None
    recorded_at: datetime
    recorded_by: str


class ConsentsView(View):
    """Every statement of a customer, newest first, beside what channels report in the customer's attributes."""

    history: list[ConsentView]
    reported: dict[str, bool]


class DoNotCallBody(Body):
    """`topic` None: all topics. `number` forbids calls to a number, whoever holds it; without it, calls to the customer."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"forbidden": True, "topic": "renewal_due", "source": "agent Dana"}]}
    )

    source: Source
    forbidden: bool = True
    topic: Topic | None = None
    number: Annotated[Text, StringConstraints(min_length=1, max_length=64)] | None = None
    proof: Proof | None = None
    said_at: AwareDatetime | None = None

    def ban(self) -> Ban:
        return Ban(
            forbidden=self.forbidden,
            topic=self.topic,
            number=self.number,
            proof=self.proof,
            source=self.source,
            said_at=self.said_at,
        )


class DoNotCallView(View):
    """One word of do-not-call; `number` in E.164 where it is about a number."""

    topic: str | None
    number: str | None
    forbidden: bool
    proof: str | None
    source: str
    said_at: datetime
    recorded_at: datetime
    recorded_by: str

    @classmethod
    def of(cls, row: DoNotCallRow) -> Self:
        number = None if row.number is None else f"+{row.number}"
        return cls(**{**{name: getattr(row, name) for name in cls.model_fields}, "number": number})


class DoNotCallsView(View):
    """Every word, newest first. `forbidden_since` is of the customer for all topics; None where that does not stand."""

    history: list[DoNotCallView]
    forbidden: bool
    forbidden_since: datetime | None


class RegistryView(View):
    """A registry as imported last. `stale`: too old for marketing calls to numbers of its country, which wait."""

    name: str
    country: str
    as_of: datetime
    entries: int
    imported_at: datetime
    max_age_days: int
    stale: bool

    @classmethod
    def of_standing(cls, standing: RegistryStanding) -> Self:
        row = standing.row
        return cls(
            name=row.name,
            country=row.country,
            as_of=row.as_of,
            entries=row.entries,
            imported_at=row.imported_at,
            max_age_days=standing.rule.max_age_days,
            stale=standing.stale,
        )


@router.get("/{customer_id}/consent", summary="What a customer agreed to and refused, with its history")
async def show_consent(customer_id: UUID, _: Supervisor, session: Session) -> ConsentsView:
    customer = await get_customer(session, customer_id)
    rows = await consents_of(session, customer.id)
    reported = customer.attributes.get("consent")
    said = {str(name): told for name, told in reported.items() if isinstance(told, bool)} if isinstance(reported, dict) else {}
    return ConsentsView(history=[ConsentView.model_validate(row) for row in reversed(rows)], reported=said)


@router.post("/{customer_id}/consent", status_code=201, summary="Record what a customer agreed to or refused")
async def post_consent(
    customer_id: UUID, body: ConsentBody, by: Supervisor, session: Session, database: DatabaseDep
) -> ConsentView:
    row = await record_consent(session, customer_id, body.word(), who=by.who, clock=database.clock)
    return ConsentView.model_validate(row)


@router.get("/{customer_id}/do-not-call", summary="What a customer forbade, with its history")
async def show_do_not_call(customer_id: UUID, _: Supervisor, session: Session, settings: SettingsDep) -> DoNotCallsView:
    customer = await get_customer(session, customer_id)
    phone = customer_number(customer.attributes, settings)
    rows = await do_not_call_of(session, customer.id, phone if isinstance(phone, str) else None)
    return DoNotCallsView(
        history=[DoNotCallView.of(row) for row in reversed(rows)],
        forbidden=customer.attributes.get("do_not_call") is True,
        forbidden_since=customer.opted_out_at,
    )


@router.post("/{customer_id}/do-not-call", status_code=201, summary="Record that calls are forbidden, or allowed again")
async def post_do_not_call(
    customer_id: UUID, body: DoNotCallBody, by: Supervisor, session: Session, database: DatabaseDep, settings: SettingsDep
) -> DoNotCallView:
    row = await record_do_not_call(session, customer_id, body.ban(), who=by.who, clock=database.clock, settings=settings)
    return DoNotCallView.of(row)


@registries.get("", summary="The do-not-call registries that were imported, and how old they are")
async def list_registries(_: Supervisor, session: Session, now: Now) -> list[RegistryView]:
    return [RegistryView.of_standing(each) for each in await registries_now(session, now=now)]
