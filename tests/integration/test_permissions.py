"""What customers say about being contacted: recorded with its proof, kept for good, and in effect at once everywhere."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import select

from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.statements import Basis, Scope
from orchestrator.detection.tables import MomentRow
from orchestrator.errors import BadInput
from orchestrator.escalations.instructions import Wait
from orchestrator.escalations.states import Outcome, State
from orchestrator.intake.merging import merge_customers
from orchestrator.intake.tables import CustomerRow, EventRow
from orchestrator.permissions.checking import Word
from orchestrator.permissions.consenting import record_consent
from orchestrator.permissions.forbidding import Ban, record_do_not_call
from orchestrator.permissions.reading import consents_of
from orchestrator.permissions.registries import import_registry
from orchestrator.permissions.tables import ConsentRow, DoNotCallRow
from orchestrator.storage.database import Database
from orchestrator.storage.locks import lock_customer
from orchestrator.telephony.ports import CallStatus
from orchestrator.telephony.tables import Leg
from tests.integration.escalation_world import NOON, World, some_settings
from tests.integration.floor import a_token, bearer

DAY = timedelta(days=1)
AGREED = {"marketing": True, "service": True}


@pytest.fixture
async def other(database_url: str, world: World) -> AsyncIterator[Database]:
    """Another process's way to the database."""
    database = Database(database_url, pool_size=2, clock=world.clock)
    yield database
    await database.close()


async def say(database: Database, customer: UUID, **word: Any) -> ConsentRow:
    scope = Scope(word.pop("purpose", None), word.pop("topic", None), word.pop("medium", None))
    known = Word(**{"scope": scope, "given": True, "proof": "form 7", "source": "web", **word})
    async with database.transaction() as session:
        return await record_consent(session, customer, known, who="cli:test", clock=database.clock)


async def forbid(database: Database, customer: UUID, **ban: Any) -> DoNotCallRow:
    known = Ban(**{"forbidden": True, "source": "agent Dana", **ban})
    async with database.transaction() as session:
        return await record_do_not_call(
            session, customer, known, who="cli:test", clock=database.clock, settings=some_settings(default_country="IL")
        )


async def attributes(database: Database, customer: UUID) -> dict[str, Any]:
    async with database.transaction() as session:
        return (await session.get_one(CustomerRow, customer)).attributes


async def a_case_in_hand(world: World, *, purpose: str = "marketing", **about: object) -> tuple[UUID, UUID]:
    """Return a customer and the case of theirs that an agent has in hand, whose own phone is being called."""
    await world.rule("offer", purpose=purpose)
    await world.floor()
    customer = await world.customer(consent=AGREED, **about)
    await world.moment(customer, "offer", purpose=purpose)
    case = await world.escalation(customer)
    await world.run(case.id)
    await world.ask_for_call(await world.accept(case.id))
    await world.run(case.id)
    return customer, case.id


async def test_a_refusal_said_to_one_process_withdraws_the_case_that_another_works_on(world: World, other: Database) -> None:
    customer, case = await a_case_in_hand(world)

    await say(other, customer, purpose=Purpose.MARKETING, given=False)

    await world.run(case)
    row = await world.reread(case)
    assert (row.state, row.outcome) == (State.CLOSED, Outcome.OPTED_OUT)
    assert await world.attempts(case, Leg.CUSTOMER) == []
    assert (await attributes(other, customer))["consent"] == {"marketing": False, "service": True}


@pytest.mark.parametrize("topic", ["offer", None])
async def test_do_not_call_said_to_one_process_withdraws_the_case_that_another_works_on(
    world: World, other: Database, topic: str | None
) -> None:
    customer, case = await a_case_in_hand(world, purpose="service")

    await forbid(other, customer, topic=topic)

    await world.run(case)
    row = await world.reread(case)
    assert (row.state, row.outcome) == (State.CLOSED, Outcome.OPTED_OUT)
    assert await world.attempts(case, Leg.CUSTOMER) == []


async def test_do_not_call_about_another_topic_lets_a_case_go_on(world: World, other: Database) -> None:
    customer, case = await a_case_in_hand(world, purpose="service")

    await forbid(other, customer, topic="bill")

    await world.run(case)
    assert (await world.reread(case)).state is not State.CLOSED


async def test_who_shares_a_forbidden_number_is_not_dialed_from_the_next_decision_on(world: World, other: Database) -> None:
    await world.rule("offer", purpose="service")
    await world.floor()
    mother, son = await world.customer(phone="052-765-4321"), await world.customer()
    await world.moment(son, "offer", purpose="service")
    await forbid(other, mother, number="052-765-4321")

    case = await world.escalation(son)
    await world.run(case.id)

    row = await world.reread(case.id)
    assert (row.outcome, row.reasons) == (Outcome.SUPPRESSED, ["do_not_call"])
    (decision,) = await world.decisions(case.id)
    assert "number_blocked" in [verdict["why"] for verdict in decision.verdicts]
    await forbid(other, mother, number="+972527654321", forbidden=False, proof="she called again")
    await world.moment(son, "offer", purpose="service")
    again = await world.escalation(son)
    await world.run(again.id)
    assert (await world.reread(again.id)).state is State.QUEUED


async def test_do_not_call_is_taken_back_with_its_proof_and_both_stay_on_record(world: World) -> None:
    customer = await world.customer()
    await forbid(world.database, customer)
    assert (await attributes(world.database, customer))["do_not_call"] is True

    with pytest.raises(BadInput) as refused:
        await forbid(world.database, customer, forbidden=False)
    await forbid(world.database, customer, forbidden=False, proof="letter of May")

    assert refused.value.field == "proof"
    assert (await attributes(world.database, customer))["do_not_call"] is False
    async with world.database.transaction() as session:
        rows = (await session.exec(select(DoNotCallRow).order_by(DoNotCallRow.seq))).all()  # type: ignore[arg-type]  # a column
    assert [(row.forbidden, row.proof) for row in rows] == [(True, None), (False, "letter of May")]


async def test_what_channels_reported_is_written_down_before_the_first_word_on_the_same(world: World) -> None:
    customer = await world.customer(consent={"marketing": True, "sms": False})

    await say(world.database, customer, purpose=Purpose.MARKETING, medium=Medium.SMS)

    async with world.database.transaction() as session:
        rows = await consents_of(session, customer)
    assert [(row.purpose, row.medium, row.given, row.basis) for row in rows] == [
        (Purpose.MARKETING, None, True, Basis.REPORTED),
        (None, Medium.SMS, False, Basis.REPORTED),
        (Purpose.MARKETING, Medium.SMS, True, Basis.CONSENT),
    ]
    assert (await attributes(world.database, customer))["consent"] == {"marketing": True, "sms": True}


async def test_a_consent_dated_before_a_refusal_changes_nothing_that_is_in_force(world: World) -> None:
    customer = await world.customer()
    await say(world.database, customer, purpose=Purpose.MARKETING, given=False)

    await say(world.database, customer, purpose=Purpose.MARKETING, given_at=NOON - 30 * DAY)

    assert (await attributes(world.database, customer))["consent"] == {"marketing": False}


@pytest.mark.parametrize(
    ("word", "field"),
    [
        ({"purpose": Purpose.MARKETING, "given_at": NOON + DAY}, "given_at"),
        ({"purpose": Purpose.MARKETING, "proof": " "}, "proof"),
        ({"purpose": Purpose.MARKETING, "given_at": NOON - DAY, "expires_at": NOON - DAY}, "expires_at"),
        ({"purpose": Purpose.MARKETING, "given": False, "expires_at": NOON + DAY}, "expires_at"),
        ({"purpose": Purpose.REQUESTED_CALLBACK}, "purpose"),
        ({}, "purpose"),
        ({"purpose": Purpose.SERVICE, "topic": "a bill"}, "topic"),
        ({"purpose": Purpose.MARKETING, "basis": Basis.TRANSACTION, "expires_at": NOON + DAY}, "topic"),
        ({"purpose": Purpose.SERVICE, "topic": "cart", "basis": Basis.TRANSACTION, "expires_at": NOON + DAY}, "purpose"),
        ({"purpose": Purpose.MARKETING, "topic": "cart", "basis": Basis.TRANSACTION}, "expires_at"),
        ({"purpose": Purpose.MARKETING, "basis": Basis.REPORTED}, "basis"),
    ],
)
async def test_what_cannot_be_recorded_is_refused_by_its_field(world: World, word: dict[str, Any], field: str) -> None:
    customer = await world.customer()

    with pytest.raises(BadInput) as refused:
        await say(world.database, customer, **word)

    assert (refused.value.field, bool(refused.value.fix)) == (field, True)
    async with world.database.transaction() as session:
        assert await consents_of(session, customer) == []


async def test_what_was_said_goes_with_the_customer_into_whom_they_are_merged(world: World) -> None:
    kept, gone = await world.customer(), await world.customer()
    await say(world.database, gone, purpose=Purpose.SERVICE, given=False, topic="bill")
    await forbid(world.database, gone, topic="cart")

    async with world.database.transaction() as session:
        rows = [await lock_customer(session, each) for each in sorted((kept, gone))]
        by_id = {row.id: row for row in rows}
        await merge_customers(session, by_id[kept], by_id[gone], keyless=[], now=NOON)

    async with world.database.transaction() as session:
        assert [row.topic for row in await consents_of(session, kept)] == ["bill"]
        assert [row.customer_id for row in (await session.exec(select(DoNotCallRow))).all()] == [kept]


async def a_list(world: World, *numbers: str, as_of: datetime, name: str = "israel") -> None:
    text = "".join(f"{number}\n" for number in numbers) + f"END {len(numbers)}\n"
    async with world.database.transaction() as session:
        now = await world.clock.now(session)
        await import_registry(session, name, [text.encode()], country="IL", as_of=as_of, count=None, who="cli:test", now=now)


async def looked(world: World, customer: UUID) -> tuple[Outcome | None, str]:
    """Find a moment to sell something, run its case, and return how it ended and what the gate of do-not-call said last."""
    await world.moment(customer, "offer", purpose="marketing")
    case = await world.escalation(customer)
    told = await world.run(case.id)
    decision = (await world.decisions(case.id))[-1]
    (why,) = [verdict["why"] for verdict in decision.verdicts if verdict["gate"] == "do_not_call"]
    return (None if isinstance(told, Wait) else (await world.reread(case.id)).outcome), why


async def test_a_registered_number_is_not_called_to_sell_unless_its_owner_agreed(world: World) -> None:
    await world.rule("offer", purpose="marketing")
    await world.floor()
    await a_list(world, "+972527654321", "+972521111111", as_of=NOON - DAY)
    registered, free = await world.customer(consent=AGREED), await world.customer(consent=AGREED, phone="+972524444444")

    assert await looked(world, registered) == (Outcome.SUPPRESSED, "registered")
    assert (await looked(world, free))[1] == "not_registered"
    await say(world.database, registered, purpose=Purpose.MARKETING)
    assert (await looked(world, registered))[1] == "registry_consent"


async def test_a_list_that_is_too_old_holds_the_call_until_a_newer_one_is_there(world: World) -> None:
    await world.rule("offer", purpose="marketing")
    await world.floor()
    await a_list(world, "+972521111111", as_of=NOON - 16 * DAY)
    customer = await world.customer(consent=AGREED)

    assert await looked(world, customer) == (None, "registry_stale")
    await a_list(world, "+972521111111", as_of=NOON - DAY)

    case = await world.escalation(customer)
    await world.pass_time(timedelta(seconds=31))
    await world.run(case.id)
    assert (await world.reread(case.id)).state is State.QUEUED


async def test_who_declined_an_offer_is_left_alone_in_france_for_sixty_days(world: World) -> None:
    await world.rule("offer", purpose="marketing")
    await world.floor()
    customer = await world.customer(consent=AGREED, country="FR")
    await world.moment(customer, "offer", purpose="marketing")
    case = await world.escalation(customer)
    await world.run(case.id)
    await world.complete(await world.accept(case.id), "declined")
    await world.run(case.id)
    assert (await world.reread(case.id)).outcome is Outcome.DECLINED

    await world.pass_time(59 * DAY)
    assert await looked(world, customer) == (Outcome.SUPPRESSED, "declined_lately")
    await world.pass_time(2 * DAY)
    assert (await looked(world, customer))[1] == "may_be_called"


async def test_the_api_records_consent_and_do_not_call_and_shows_their_history(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as session:
        headers = bearer(await a_token(session))
        row = CustomerRow(subject=uuid4().hex, attributes={"phone": "+972527654321"}, created_at=datetime.now(UTC))
        session.add(row)
    path = f"/v1/customers/{row.id}"
    body = {"purpose": "marketing", "given": True, "proof": "form 7", "source": "web"}

    made = await client.post(f"{path}/consent", headers=headers, json=body)
    late = await client.post(f"{path}/consent", headers=headers, json={**body, "given_at": "2126-01-01T00:00:00Z"})
    banned = await client.post(f"{path}/do-not-call", headers=headers, json={"source": "agent Dana", "topic": "cart"})

    assert (made.status_code, banned.status_code) == (201, 201)
    assert (late.status_code, late.json()["field"]) == (422, "given_at")
    assert "up to now" in late.json()["fix"]
    shown = (await client.get(f"{path}/consent", headers=headers)).json()
    assert [each["proof"] for each in shown["history"]] == ["form 7"]
    assert shown["reported"] == {"marketing": True}
    words = (await client.get(f"{path}/do-not-call", headers=headers)).json()
    assert (words["forbidden"], [each["topic"] for each in words["history"]]) == (False, ["cart"])


async def test_a_number_forbidden_while_an_agents_own_phone_is_up_is_not_dialed(world: World, other: Database) -> None:
    son, case = await a_case_in_hand(world, purpose="service")
    (agent,) = await world.attempts(case, Leg.AGENT)
    await forbid(other, await world.customer(), number="+972527654321")

    await world.reports(agent, CallStatus.RINGING, CallStatus.IN_PROGRESS)
    await world.run(case)

    assert await world.attempts(case, Leg.CUSTOMER) == []
    decision = (await world.decisions(case))[-1]
    assert (decision.customer_id, decision.occasion, decision.reasons) == (son, "prepare", ["do_not_call"])
    assert (await world.reread(case)).outcome is Outcome.SUPPRESSED


@pytest.mark.parametrize(("type_", "why"), [("contract.started", "registered_renewal"), ("cart.left", "registry_transaction")])
async def test_a_deal_in_force_opens_the_registry_but_not_for_an_offer_to_extend_it(world: World, type_: str, why: str) -> None:
    await world.rule("offer", purpose="marketing")
    await world.floor()
    await a_list(world, "+972527654321", as_of=NOON - DAY)
    customer = await world.customer(consent=AGREED)
    deal = {"purpose": Purpose.MARKETING, "topic": "offer", "basis": Basis.TRANSACTION, "expires_at": NOON + 90 * DAY}
    await say(world.database, customer, **deal)
    moment = await world.moment(customer, "offer", purpose="marketing")
    async with world.database.transaction() as session:
        event = EventRow(
            source="crm", id="e 1", type=type_, subject="c", customer_id=customer, time=NOON, received_at=NOON, digest=b""
        )
        session.add(event)
        (await session.get_one(MomentRow, moment.id)).evidence = ["crm e 1"]

    case = await world.escalation(customer)
    await world.run(case.id)

    decision = (await world.decisions(case.id))[-1]
    assert [verdict["why"] for verdict in decision.verdicts if verdict["gate"] == "do_not_call"] == [why]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (
            "consent",
            {"purpose": "marketing", "given": True, "proof": "form 7", "given_at": "0001-01-01T00:00:00+14:00"},
            "given_at",
        ),
        (
            "consent",
            {"purpose": "marketing", "given": True, "proof": "form 7", "expires_at": "9999-12-31T23:59:59-12:00"},
            "expires_at",
        ),
        ("do-not-call", {"topic": "cart", "said_at": "0001-01-01T00:00:00+14:00"}, "said_at"),
    ],
)
async def test_a_time_no_database_could_give_back_is_refused_and_the_customer_stays_readable(
    client: httpx.AsyncClient, database: Database, path: str, body: dict[str, Any], field: str
) -> None:
    async with database.transaction() as session:
        headers = bearer(await a_token(session))
        row = CustomerRow(subject=uuid4().hex, attributes={"phone": "+972527654321"}, created_at=datetime.now(UTC))
        session.add(row)

    refused = await client.post(f"/v1/customers/{row.id}/{path}", headers=headers, json={"source": "web", "proof": "p", **body})

    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert (await client.get(f"/v1/customers/{row.id}/{path}", headers=headers)).json()["history"] == []
