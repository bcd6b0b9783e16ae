"""Customers at the console: found without a trace in an address, and told with every gate's sentence."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from orchestrator.availability.verdicts import GateCode, GateState, Verdict
from orchestrator.escalations.tables import DecisionRow
from orchestrator.identity.customer_searches import KEPT
from orchestrator.identity.people import Role
from orchestrator.identity.tables import CustomerSearchRow
from orchestrator.insights.known_wishes import Said, known_wishes
from orchestrator.intake.tables import ChannelRow, CustomerRow
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_queue
from tests.integration.planted import NOON, Story, a_customer, a_story, an_event


@pytest.fixture
async def supervisor(database_url: str, database: Database) -> AsyncIterator[Browser]:
    async with a_browser(database_url, database) as browser:
        yield browser


async def a_known_story(database: Database) -> Story:
    async with database.transaction() as session:
        await a_queue(session)
        story = await a_story(session)
        story.customer.attributes = {
            **story.customer.attributes,
            "name": "Noa Levi",
            "consent": {"marketing": False, "sms": True},
            "tier": "gold",
        }
        story.task.notes, story.task.disposition = "Wants the <blue> one", "solved"
        session.add_all([story.customer, story.task])
        verdict = Verdict(GateCode.CALLING_HOURS, GateState.CLOSED, "calling_closed", {"until": "2026-06-08T08:00:00+00:00"})
        session.add(
            DecisionRow(
                escalation_id=story.escalation.id,
                customer_id=story.customer.id,
                at=NOON,
                occasion="opened",
                medium="voice_person",
                answer="wait",
                until=NOON + timedelta(hours=20),
                reasons=["calling_hours"],
                verdicts=[verdict.as_json()],
                rule="angry-customer",
                version=1,
            )
        )
    return story


async def test_a_customer_is_found_by_a_form_and_never_by_an_address(supervisor: Browser, database: Database) -> None:
    story = await a_known_story(database)

    form = await supervisor.open("/console/customers")
    sent = await supervisor.send("/console/customers", words="noa")
    found = await supervisor.open(sent.headers["location"])
    by_address = await supervisor.open("/console/customers?words=noa")

    assert 'method="post" action="/console/customers"' in form.text
    assert (sent.status_code, "noa" in sent.headers["location"]) == (303, False)
    assert (found.status_code, f"/console/customers/{story.customer.id}" in found.text) == (200, True)
    assert 'value="noa"' in found.text
    assert str(story.customer.id) not in by_address.text


async def test_nobody_found_is_said_with_what_to_do(supervisor: Browser) -> None:
    sent = await supervisor.send("/console/customers", words="nobody at all")

    assert "Nobody fits" in (await supervisor.open(sent.headers["location"])).text


async def test_a_search_for_nothing_says_what_to_type(supervisor: Browser) -> None:
    answer = await supervisor.send("/console/customers", words=" \0 ")

    assert (answer.status_code, "Type an id, a name or a number." in answer.text) == (422, True)


async def test_a_search_is_gone_back_to_by_its_own_session_and_for_an_hour(
    supervisor: Browser, database_url: str, database: Database
) -> None:
    story = await a_known_story(database)
    address = (await supervisor.send("/console/customers", words="noa")).headers["location"]
    await supervisor.send("/console/customers", words="somebody else")

    async with a_browser(database_url, database) as another:
        to_another = await another.open(address)
    in_time = await supervisor.open(address)
    async with database.transaction() as session:
        for row in (await session.exec(select(CustomerSearchRow))).all():
            row.at -= KEPT
            session.add(row)
    too_late = await supervisor.open(address)

    assert [str(story.customer.id) in page.text for page in (to_another, in_time, too_late)] == [False, True, False]
    assert ["This search is over" in page.text for page in (to_another, in_time, too_late)] == [True, False, True]


async def test_old_searches_are_forgotten_by_the_next(supervisor: Browser, database: Database) -> None:
    await supervisor.send("/console/customers", words="noa")
    async with database.transaction() as session:
        row = (await session.exec(select(CustomerSearchRow))).one()
        row.at -= KEPT
        session.add(row)

    await supervisor.send("/console/customers", words="dana")

    async with database.transaction() as session:
        assert (await session.exec(select(CustomerSearchRow.words))).all() == ["dana"]


async def test_a_search_needs_the_proof_of_the_form(supervisor: Browser) -> None:
    assert (await supervisor.client.post("/console/customers", data={"words": "noa"})).status_code == 403


async def test_a_customers_page_tells_all_that_happened_and_why(supervisor: Browser, database: Database) -> None:
    story = await a_known_story(database)

    shown = await supervisor.open(f"/console/customers/{story.customer.id}")

    assert shown.status_code == 200
    wanted = (
        *(
            "Noa Levi",
            "a complaint was made",
            "complaint.filed",
            "angry-customer",
            "Opened a case",
            "Solved",
            "We call you.",
            "Kept",
        ),
        *("It is no allowed hour where the customer is; allowed again from Jun 8, 2026, 08:00:00.", "Not now", "gold"),
        *("Wants the &lt;blue&gt; one", "Said no", "Never said"),
    )
    assert [text for text in wanted if text not in shown.text] == []


async def test_a_gates_sentence_is_said_in_hebrew(database_url: str, database: Database) -> None:
    story = await a_known_story(database)
    async with a_browser(database_url, database, locale="he") as browser:
        shown = await browser.open(f"/console/customers/{story.customer.id}")

    assert "זו שעה אסורה במקום הלקוח; מותר שוב מ־8 ביוני 2026, 08:00:00." in shown.text
    assert "<bdi>הוגשה תלונה</bdi>" in shown.text


async def test_a_long_timeline_is_shown_page_by_page(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        customer = await a_customer(session, 1)
        session.add_all([an_event(customer, f"step.{number}", {}, at=NOON + timedelta(minutes=number)) for number in range(60)])
    path = f"/console/customers/{customer.id}"

    first = (await supervisor.open(path)).text
    older = first.partition("?cursor=")[2].partition('"')[0]
    second = (await supervisor.open(f"{path}?cursor={older}")).text

    assert ("step.59<" in first, "step.10<" in first, "step.9<" in first) == (True, True, False)
    assert ("step.10<" in second, "step.9<" in second, "step.0<" in second) == (False, True, True)


async def test_a_merged_customers_address_leads_to_who_is_kept(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        kept, merged = await a_customer(session, 1), await a_customer(session, 2)
        merged.merged_into = kept.id
        session.add(merged)

    answer = await supervisor.open(f"/console/customers/{merged.id}")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/console/customers/{kept.id}")


async def test_a_customer_who_is_not_there_is_a_page_that_says_so(supervisor: Browser) -> None:
    answer = await supervisor.open(f"/console/customers/{uuid4()}")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_attributes_of_any_shape_are_shown(supervisor: Browser, database: Database) -> None:
    odd = {"name": 7, "phone": 12, "zone": "Nowhere/Land", "language": ["en"], "consent": "yes", "x": {"y": [None]}}
    async with database.transaction() as session:
        customer = CustomerRow(subject="odd", attributes=odd, created_at=NOON)
        session.add(customer)

    assert (await supervisor.open(f"/console/customers/{customer.id}")).status_code == 200


async def test_an_agent_is_refused(database_url: str, database: Database) -> None:
    story = await a_known_story(database)
    async with a_browser(database_url, database, role=Role.AGENT) as browser:
        answers = [
            await browser.open("/console/customers"),
            await browser.open(f"/console/customers/{story.customer.id}"),
            await browser.send("/console/customers", words="noa"),
        ]

    assert [each.status_code for each in answers] == [403, 403, 403]
    assert not any("Noa" in each.text for each in answers)


def test_wishes_tell_what_was_said_from_what_follows_from_it() -> None:
    wishes = {each.about: (each.said, each.allowed) for each in known_wishes({"consent": {"marketing": True, "sms": False}})}

    assert wishes == {
        "service": (Said.NEVER_SAID, True),
        "marketing": (Said.YES, True),
        "voice_recorded": (Said.NEVER_SAID, False),
        "sms": (Said.NO, False),
    }
    assert not any(each.allowed for each in known_wishes({"do_not_call": True})[:2])


async def test_an_event_names_its_channel_and_not_its_source(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        customer = await a_customer(session, 1)
        shop, desk = (
            ChannelRow(name=name, kind=kind, key_hash=name, types=[], created_at=NOON)
            for name, kind in (("branch-7", "store"), ("email", "email"))
        )
        session.add_all([shop, desk])
        await session.flush()
        for source, channel_id in (("/s/1", shop.id), ("/m/3", desk.id), ("branch-7", None), ("/old/crm", None)):
            event = an_event(customer, "complaint.filed", {}, at=NOON)
            event.source, event.channel_id = source, channel_id
            session.add(event)

    shown = (await supervisor.open(f"/console/customers/{customer.id}")).text

    assert [shown.count(f"<bdi>{title}</bdi>") for title in ("store (branch-7)", "e-mail", "/old/crm")] == [2, 1, 1]
    assert ("/s/1" in shown, "/m/3" in shown) == (False, False)
