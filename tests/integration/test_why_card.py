"""The why-card: what an agent knows before dialing, read from a real database."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.purposes import Purpose
from orchestrator.availability.statements import Basis
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import Mode, MomentRow, RuleVersionRow
from orchestrator.escalations.states import PromiseState
from orchestrator.escalations.tables import DecisionRow, EscalationRow, PromiseRow
from orchestrator.escalations.words import Language
from orchestrator.insights.why_card import Reader, WhyCard, why_card
from orchestrator.intake.tables import ChannelRow, CustomerRow, EventRow
from orchestrator.permissions.tables import ConsentRow
from orchestrator.queueing.tables import TaskRow
from orchestrator.storage.database import Database
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Leg
from tests.integration.floor import RULE, a_queue, a_task

DANA = Reader("Dana", Language.ENGLISH, "Acme")


async def test_a_card_says_who_is_called_and_what_time_it_is_there(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session, zone="Asia/Jerusalem", country="IL")

    shown = await card(database, task)

    assert (shown.who.name, shown.who.phone, shown.who.zone) == ("Noa Levi", "+14155550123", "Asia/Jerusalem")
    assert shown.who.local is not None
    assert shown.who.local.utcoffset() in (timedelta(hours=2), timedelta(hours=3))


async def test_a_card_says_which_hours_let_the_call_go_out(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session, zone="Asia/Jerusalem", country="IL")
    before = await card(database, task)
    async with database.transaction() as session:
        case = await session.get_one(EscalationRow, task.escalation_id)
        for minute, files in enumerate(("default 2026-11-21", "il 2026-11-22")):
            figures = {"hours": files, "zones": "Asia/Jerusalem", "zone_from": "attribute"}
            verdict = {"gate": "calling_hours", "state": "open", "why": "calling_open", "sentence": "", "figures": figures}
            at = datetime.now(UTC) + timedelta(minutes=minute)
            session.add(
                DecisionRow(
                    escalation_id=case.id, customer_id=case.customer_id, at=at, occasion="opened", medium="voice_person",
                    answer="go", reasons=[], verdicts=[verdict], rule=case.rule, version=case.version,
                )
            )  # fmt: skip

    shown, veiled = (
        await card(database, task),
        await card(database, task, Reader("Dana", Language.ENGLISH, unseen=("country",))),
    )

    assert before.hours is None
    assert shown.hours == (
        "By the calling hours of Israel (reviewed Nov 22, 2026). Zone: Asia/Jerusalem (as the customer's profile states)."
    )
    assert veiled.hours is None


async def test_a_card_says_in_one_sentence_why_now(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session)

    english, hebrew = await card(database, task), await card(database, task, Reader("Dana", Language.HEBREW))

    assert english.why == "Checkout left unfinished: a checkout was left just now (website)."
    assert hebrew.why == "הקנייה לא הושלמה: קנייה ננטשה זה עתה (אתר)."


async def test_the_timeline_holds_every_channel_and_marks_what_counted(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session)
        await an_event(session, task, "complaint.filed", source="email", data={"text": "Third time!", "topic": "bill"})

    shown = await card(database, task)

    assert {(sign.channel, sign.what, sign.counted) for sign in shown.evidence} == {
        ("website", "a checkout was left", True),
        ("e-mail", "a complaint was made", False),
    }
    assert next(sign.quote for sign in shown.evidence if sign.channel == "e-mail") == "Third time!"


async def test_a_sign_is_told_by_the_kind_of_its_channel_in_the_readers_language(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session)
        now = await database.clock.now(session)
        mail = ChannelRow(name="mailbox-3", kind="email", key_hash="-", types=[], created_at=now)
        session.add(mail)
        await session.flush()
        await an_event(session, task, "complaint.filed", source="/m/3", data={"text": "Third time!"}, channel_id=mail.id)

    english, hebrew = await card(database, task), await card(database, task, Reader("Dana", Language.HEBREW))

    assert "e-mail" in {sign.channel for sign in english.evidence}
    assert "דוא״ל" in {sign.channel for sign in hebrew.evidence}


async def test_a_source_that_is_a_channels_name_is_told_by_its_kind_and_any_other_as_it_is(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session)
        now = await database.clock.now(session)
        session.add(ChannelRow(name="branch-7", kind="store", key_hash="-", types=[], created_at=now))
        for source in ("branch-7", "/old/crm"):  # imported: they carry no channel
            await an_event(session, task, "complaint.filed", source=source, data={})

    assert {sign.channel for sign in (await card(database, task)).evidence} == {"website", "store", "/old/crm"}


async def test_a_promise_is_told_with_its_day_and_on_both_clocks_where_these_differ(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session, zone="America/New_York")
        await a_promise(session, task, "One of our people will call you tomorrow.", due_in=timedelta(days=1))

    near = await card(database, task, Reader("Dana", Language.ENGLISH, zone=ZoneInfo("America/New_York")))
    far = await card(database, task, Reader("Dana", Language.ENGLISH, zone=ZoneInfo("Asia/Jerusalem")))

    assert re.search(r"a call was promised by \w{3}, \w{3} \d+ \d\d:\d\d\.$", near.why)
    assert re.search(r"by \w{3}, \w{3} \d+ \d\d:\d\d your time \(.*\d\d:\d\d there\)\.$", far.why)


async def test_what_the_customer_told_on_any_channel_need_not_be_asked_again(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session)
        await an_event(session, task, "sale.opened", source="store", data={"sale_id": "s-310", "nested": {"a": 1}})

    known = {fact.label: fact.value for fact in (await card(database, task)).known}

    assert known["Total"] == "480"
    assert known["Sale"] == "s-310"
    assert "Nested" not in known


async def test_a_promise_is_shown_in_the_words_it_was_made_in(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session)
        await a_promise(session, task, "One of our people will call you by 14:30.")

    shown = await card(database, task)

    assert [promised.words for promised in shown.promised] == ["One of our people will call you by 14:30."]
    assert "a call was promised by" in shown.why
    assert "We promised to call, and here we are." in shown.opening


async def test_a_call_that_was_not_answered_is_among_what_was_tried(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session)
        session.add(an_attempt(task))

    assert [(each.how, each.result) for each in (await card(database, task)).tried] == [("call", "no_answer")]


async def test_the_opening_follows_the_script_in_the_customers_language(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session, script="checkout", language="he")

    shown = await card(database, task)

    assert shown.opening_language is Language.HEBREW
    assert shown.opening == "שלום Noa Levi, כאן Dana מAcme. הקנייה שלך לא הושלמה. האם משהו הפריע, ואפשר לעזור?"


async def test_a_script_without_words_opens_with_what_the_call_is_about(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session, script="of-our-own")

    opening = (await card(database, task)).opening

    assert (
        opening
        == "Hello Noa Levi, this is Dana from Acme. I am calling about this: Checkout left unfinished. Is it a good moment?"
    )


async def test_another_reason_that_may_be_raised_is_named(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session)
        await another_moment(session, task, "delivery-trouble", "Trouble with a delivery", purpose="service")

    assert [reason.title for reason in (await card(database, task)).others] == ["Trouble with a delivery"]


async def test_a_reason_without_consent_is_said_not_to_be_raised(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session)
        await another_moment(session, task, "renewal-due", "Contract is about to end", purpose="marketing")

    shown = await card(database, task)

    assert shown.others == ()
    assert [(each.what, each.why) for each in shown.unraised] == [
        ("Contract is about to end", "The customer has not agreed to offers."),
        ("Offers and sales of any kind", "The customer has not agreed to offers."),
    ]


async def test_a_moment_suppressed_for_consent_is_said_not_to_be_raised(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session, consent={"marketing": False})
        verdict = "suppressed:consent"
        await another_moment(session, task, "sale-left-open", "Sale left open", purpose="marketing", verdict=verdict)

    unraised = (await card(database, task)).unraised

    assert next((each.what, each.why) for each in unraised) == ("Sale left open", "The customer refused offers.")


async def test_consent_to_offers_leaves_nothing_unraised(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session, consent={"marketing": True})

    assert (await card(database, task)).unraised == ()


async def card(database: Database, task: TaskRow, reader: Reader = DANA) -> WhyCard:
    async with database.transaction() as session:
        now = await database.clock.now(session)
        return await why_card(session, task, reader, rules=RuleLibrary(), now=now)


async def test_a_topic_the_customer_refused_on_record_is_not_raised(database: Database) -> None:
    async with database.transaction() as session:
        task = await a_callback(session, consent={"marketing": True})
        session.add(await a_word(session, task, Purpose.SERVICE, given=False))

    shown = await card(database, task)

    assert [each.why for each in shown.unraised] == ["The customer's consent does not cover it."]


@pytest.mark.parametrize(("days", "offers"), [(3, False), (-3, True)])
async def test_offers_may_be_made_as_long_as_the_consent_on_record_lasts(database: Database, days: int, offers: bool) -> None:
    async with database.transaction() as session:
        task = await a_callback(session, consent={"marketing": True})
        word = await a_word(session, task, Purpose.MARKETING, given=True)
        word.topic, word.expires_at = None, datetime.now(UTC) + timedelta(days=days)
        session.add(word)

    shown = await card(database, task)

    assert any(each.what == "Offers and sales of any kind" for each in shown.unraised) is offers


async def a_word(session: AsyncSession, task: TaskRow, purpose: Purpose, *, given: bool) -> ConsentRow:
    """What the customer said of the very thing the task is about."""
    moment = (await session.exec(select(MomentRow).where(MomentRow.escalation_id == task.escalation_id))).one()
    ago = datetime.now(UTC) - timedelta(days=9)
    return ConsentRow(
        customer_id=task.customer_id,
        purpose=purpose,
        topic=moment.moment,
        given=given,
        basis=Basis.CONSENT,
        source="web",
        given_at=ago,
        recorded_at=ago,
        recorded_by="maya",
    )


async def a_callback(
    session: AsyncSession, *, script: str | None = None, language: str = "en", **attributes: object
) -> TaskRow:
    await a_queue(session)
    task = await a_task(session, language=language)
    task.script = script
    customer = await session.get(CustomerRow, task.customer_id)
    assert customer is not None
    customer.attributes = {**customer.attributes, **attributes}
    session.add_all([task, customer])
    await session.flush()
    return task


async def an_event(
    session: AsyncSession, task: TaskRow, kind: str, *, source: str, data: object, channel_id: UUID | None = None
) -> None:
    now = datetime.now(UTC)
    row = EventRow(
        source=source,
        id=uuid4().hex,
        type=kind,
        subject="s",
        customer_id=task.customer_id,
        channel_id=channel_id,
        time=now - timedelta(hours=3),
        received_at=now,
        data=data,
        digest=b"",
    )
    session.add(row)
    await session.flush()


async def a_promise(session: AsyncSession, task: TaskRow, words: str, *, due_in: timedelta = timedelta(minutes=20)) -> None:
    now = datetime.now(UTC)
    session.add(
        PromiseRow(
            escalation_id=task.escalation_id,
            customer_id=task.customer_id,
            state=PromiseState.OPEN,
            words=words,
            medium="sms",
            due_at=now + due_in,
            written_at=now,
            said_at=now,
        )
    )
    await session.flush()


async def another_moment(
    session: AsyncSession, task: TaskRow, rule: str, title: str, *, purpose: str, verdict: str = "joined"
) -> None:
    now = datetime.now(UTC)
    document = RULE.replace("Checkout left unfinished", title).replace("incomplete-checkout", rule)
    session.add(RuleVersionRow(rule=rule, version=1, document=document, digest="", author="test", created_at=now))
    escalation = await session.get(EscalationRow, task.escalation_id)
    assert escalation is not None
    session.add(
        MomentRow(
            rule=rule,
            version=1,
            mode=Mode.LIVE,
            customer_id=task.customer_id,
            key="",
            at=now,
            found_at=now,
            moment=rule.replace("-", "_"),
            stage="service",
            purpose=purpose,
            priority=10,
            verdict=verdict,
            expires_at=now + timedelta(hours=4),
            escalation_id=None if verdict.startswith("suppressed") else escalation.id,
        )
    )
    await session.flush()


def an_attempt(task: TaskRow) -> AttemptRow:
    now = datetime.now(UTC)
    return AttemptRow(
        token=uuid4().hex,
        request=uuid4().hex,
        escalation_id=task.escalation_id,
        customer_id=task.customer_id,
        task_id=task.id,
        rule="incomplete-checkout",
        leg=Leg.CUSTOMER,
        flow="agent_first",
        medium="voice_person",
        step=0,
        language="en",
        to_number="+14155550123",
        from_number="+14155550100",
        state=AttemptState.ENDED,
        ending=Ending.NO_ANSWER,
        prepared_at=now - timedelta(hours=1),
        ended_at=now,
    )
