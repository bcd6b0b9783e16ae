"""The audit finds each broken guarantee, and nothing where all is as it should be."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.hours_book import default_book
from orchestrator.availability.tables import ClosureRow
from orchestrator.detection.tables import Mode, MomentStatus
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.escalations.tables import DecisionRow
from orchestrator.insights.audit import Findings, Latency, audit, event_to_task
from orchestrator.storage.database import Database
from orchestrator.telephony.tables import Leg
from tests.integration.planted import (
    MINUTE,
    NOON,
    SECOND,
    Story,
    a_promise,
    a_queue_with_hours,
    a_story,
    an_attempt,
    an_escalation,
    an_event,
)


@dataclass(slots=True)
class Witness:
    """What the carrier and the channel say beside the database."""

    ledger: list[dict[str, Any]] = field(default_factory=list)
    accepted: list[tuple[str, str]] = field(default_factory=list)


Bend = Callable[[AsyncSession, Story, Witness], Awaitable[None]]


async def ring_twice(session: AsyncSession, story: Story, witness: Witness) -> None:
    witness.ledger += story.ledger


async def ring_without_an_attempt(session: AsyncSession, story: Story, witness: Witness) -> None:
    witness.ledger.append({"to": "+14155550199", "attempt": None, "sid": "x"})


async def ring_for_a_stranger(session: AsyncSession, story: Story, witness: Witness) -> None:
    witness.ledger.append({"to": "+14155550199", "attempt": "not-ours", "sid": "x"})


async def lose_an_event(session: AsyncSession, story: Story, witness: Witness) -> None:
    witness.accepted.append((story.event.source, "another"))


async def open_two_for_one_customer(session: AsyncSession, story: Story, witness: Witness) -> None:
    await (await session.connection()).execute(text("DROP INDEX one_open_escalation"))
    for _ in range(2):
        escalation = an_escalation(story.customer, opened_at=NOON)
        escalation.state, escalation.outcome, escalation.closed_at = State.WAITING, None, None
        session.add(escalation)


async def dial_after_the_resolution(session: AsyncSession, story: Story, witness: Witness) -> None:
    story.moment.status, story.moment.ended_at = MomentStatus.RESOLVED, story.attempt.prepared_at - timedelta(microseconds=1)
    session.add(story.moment)


async def ring_an_agent_after_the_resolution(session: AsyncSession, story: Story, witness: Witness) -> None:
    assert story.moment.ended_at is not None
    late = an_attempt(story.escalation, 9, task_id=story.task.id, prepared_at=story.moment.ended_at + SECOND, leg=Leg.AGENT)
    session.add(late)


async def dial_before_anything_was_found(session: AsyncSession, story: Story, witness: Witness) -> None:
    session.add(an_attempt(story.escalation, 9, task_id=None, prepared_at=story.moment.found_at - SECOND))


async def dial_at_an_hour_no_customer_wants(session: AsyncSession, story: Story, witness: Witness) -> None:
    story.customer.attributes = {**story.customer.attributes, "zone": "Pacific/Honolulu"}  # two in the morning
    session.add(story.customer)


async def dial_at_an_hour_the_customer_did_not_wish_for(session: AsyncSession, story: Story, witness: Witness) -> None:
    wish = {"weekly": {"sun": ["09:00-10:00"]}}
    story.customer.attributes = {**story.customer.attributes, "preferences": wish}
    session.add(story.customer)


async def dial_as_the_zone_stood_then(session: AsyncSession, story: Story, witness: Witness) -> None:
    told = (({"zone": "Pacific/Honolulu"}, NOON - MINUTE), ({"zone": "Etc/UTC"}, NOON + MINUTE))
    for data, at in told:
        session.add(an_event(story.customer, "customer.updated", data, at=at))


async def dial_a_customer_nobody_can_place(session: AsyncSession, story: Story, witness: Witness) -> None:
    story.customer.attributes, story.attempt.to_number = {}, "+88300000000"
    session.add_all([story.customer, story.attempt])


async def dial_while_the_queue_is_closed(session: AsyncSession, story: Story, witness: Witness) -> None:
    await (await session.connection()).execute(text("UPDATE calendars SET document = replace(document, 'tue', 'wed')"))


async def dial_through_an_emergency_close(session: AsyncSession, story: Story, witness: Witness) -> None:
    session.add(ClosureRow(calendar="sales-hours", starts_at=NOON - SECOND, ends_at=None, reason="fire", author="x"))


async def forget_a_promise(session: AsyncSession, story: Story, witness: Witness) -> None:
    session.add(a_promise(story.escalation, written_at=NOON, state=PromiseState.OPEN))


async def suppress_without_a_reason(session: AsyncSession, story: Story, witness: Witness) -> None:
    story.escalation.outcome = Outcome.SUPPRESSED
    session.add(story.escalation)


async def close_without_an_outcome(session: AsyncSession, story: Story, witness: Witness) -> None:
    story.escalation.outcome = None
    session.add(story.escalation)


async def leave_one_open(session: AsyncSession, story: Story, witness: Witness) -> None:
    story.escalation.state, story.escalation.outcome, story.escalation.closed_at = State.QUEUED, None, None
    session.add(story.escalation)


BROKEN: list[tuple[Bend, dict[str, int]]] = [
    (ring_twice, {"double_dials": 1}),
    (ring_without_an_attempt, {"double_dials": 1}),
    (ring_for_a_stranger, {"double_dials": 1}),
    (lose_an_event, {"lost_events": 1}),
    (open_two_for_one_customer, {"double_escalations": 1, "open_escalations": 2}),
    (dial_after_the_resolution, {"dials_after_resolution": 1}),
    (ring_an_agent_after_the_resolution, {"dials_after_resolution": 1}),
    (dial_before_anything_was_found, {"dials_after_resolution": 1}),
    (dial_at_an_hour_no_customer_wants, {"dials_outside_hours": 1}),
    (dial_at_an_hour_the_customer_did_not_wish_for, {"dials_outside_hours": 1}),
    (dial_as_the_zone_stood_then, {"dials_outside_hours": 1}),
    (dial_a_customer_nobody_can_place, {"dials_outside_hours": 1}),
    (dial_while_the_queue_is_closed, {"dials_outside_hours": 1}),
    (dial_through_an_emergency_close, {"dials_outside_hours": 1}),
    (forget_a_promise, {"promises_without_state": 1}),
    (suppress_without_a_reason, {"unexplained": 1}),
    (close_without_an_outcome, {"unexplained": 1}),
    (leave_one_open, {"open_escalations": 1}),
]
# One of each name, for the command: it asks the same questions.
TOLD = list({next(iter(found)): (bend, found) for bend, found in BROKEN}.values())


async def plant(database: Database, *bends: Bend) -> Witness:
    async with database.transaction() as session:
        await a_queue_with_hours(session)
        story = await a_story(session)
        witness = Witness(story.ledger, story.accepted)
        for bend in bends:
            await bend(session, story, witness)
    return witness


async def findings(database: Database, witness: Witness, *, at_rest: bool = True) -> Findings:
    async with database.transaction() as session:
        return await audit(session, ledger=witness.ledger, accepted=witness.accepted, book=default_book(), at_rest=at_rest)


async def command(database_url: str, folder: Path, witness: Witness, *arguments: str) -> tuple[int, str, str]:
    """Run `ringback audit` as an operator would; return its exit code and what it said."""
    (folder / "ledger.json").write_text(json.dumps(witness.ledger))
    lines = (json.dumps({"source": source, "id": event_id}) for source, event_id in witness.accepted)
    (folder / "accepted.jsonl").write_text("\n".join(lines))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "orchestrator.cli.main", "audit", "--ledger", "ledger.json", "--accepted", "accepted.jsonl"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env=ENVIRONMENT | {"RINGBACK_DATABASE_URL": database_url},
    )
    out, err = await process.communicate()
    return await process.wait(), out.decode(), err.decode()


ENVIRONMENT = {
    "RINGBACK_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "RINGBACK_TWILIO_AUTH_TOKEN": "not-a-real-one",
    "RINGBACK_PAYLOAD_KEYS": "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}


async def test_a_story_that_went_as_it_should_breaks_nothing(database: Database) -> None:
    witness = await plant(database)

    found = await findings(database, witness)

    assert found.violations == {}
    assert found.escalations == {"solved": 1}
    assert found.moments == {"angry_customer": 1}
    assert found.promises == {"made": 1, "kept": 1, "renewed": 0, "broken": 0, "released": 0}
    assert found.event_to_task == Latency(100.0, 100.0)


@pytest.mark.parametrize(("bend", "broken"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
async def test_what_is_broken_is_named_and_nothing_else(database: Database, bend: Bend, broken: dict[str, int]) -> None:
    witness = await plant(database, bend)

    assert (await findings(database, witness)).violations == broken


@pytest.mark.parametrize(("bend", "broken"), TOLD, ids=lambda value: getattr(value, "__name__", ""))
async def test_the_command_ends_with_1_where_a_guarantee_is_broken(
    database: Database, database_url: str, tmp_path: Path, bend: Bend, broken: dict[str, int]
) -> None:
    witness = await plant(database, bend)

    code, out, _ = await command(database_url, tmp_path, witness, "--at-rest", "--json")

    assert code == 1
    assert json.loads(out)["violations"] == broken


async def test_the_command_ends_with_0_where_all_is_well(database: Database, database_url: str, tmp_path: Path) -> None:
    witness = await plant(database)

    code, out, err = await command(database_url, tmp_path, witness, "--at-rest")

    assert (code, err) == (0, "")
    assert out.endswith("every guarantee that can be asked of the data holds\n")


async def test_work_under_way_breaks_nothing_unless_all_ought_to_be_over(database: Database) -> None:
    witness = await plant(database, leave_one_open)

    found = await findings(database, witness, at_rest=False)

    assert found.open_escalations == 1
    assert found.violations == {}


async def test_what_cannot_be_read_is_one_line_and_exit_code_2(database: Database, database_url: str, tmp_path: Path) -> None:
    no_ledger = await command(database_url, tmp_path, Witness(), "--ledger", "nowhere.json")
    (tmp_path / "events.jsonl").write_text('{"source": "web"}\n')
    no_event = await command(database_url, tmp_path, Witness(), "--accepted", "events.jsonl")

    assert (no_ledger[0], no_event[0]) == (2, 2)
    assert no_ledger[2] == (
        "ringback: --ledger: cannot read nowhere.json: No such file or directory (name a text file that can be read)\n"
    )
    assert no_event[2] == (
        "ringback: --accepted: line 1 of events.jsonl names no event (give one JSON object a line with `source` and `id`)\n"
    )


async def test_an_attempt_is_held_against_its_own_escalation_alone(database: Database) -> None:
    async def find_something_new(session: AsyncSession, story: Story, witness: Witness) -> None:
        await dial_after_the_resolution(session, story, witness)
        second = await a_story(session, number=2)
        second.moment.customer_id = story.customer.id
        session.add(second.moment)

    witness = await plant(database, find_something_new)

    assert (await findings(database, witness)).dials_after_resolution == 1


async def test_a_case_merged_into_another_takes_its_live_moments_along(database: Database) -> None:
    async def merge(session: AsyncSession, story: Story, witness: Witness) -> None:
        kept = await a_story(session, number=2)
        story.moment.escalation_id = kept.escalation.id
        story.escalation.outcome, story.escalation.canceled_reason = Outcome.CANCELED, "merged"
        session.add_all([story.moment, story.escalation])

    witness = await plant(database, merge)

    assert (await findings(database, witness)).dials_after_resolution == 0


@pytest.mark.parametrize(("rest", "outside"), [("none", 0), ("sabbath", 1)])
async def test_a_dial_on_passover_is_found_where_the_customer_keeps_it(database: Database, rest: str, outside: int) -> None:
    async def on_passover(session: AsyncSession, story: Story, witness: Witness) -> None:
        story.customer.attributes = {**story.customer.attributes, "zone": "Europe/London", "preferences": {"rest": rest}}
        story.attempt.prepared_at = datetime(2028, 4, 11, 12, tzinfo=UTC)  # a Tuesday, on which the queue is open
        session.add_all([story.customer, story.attempt])

    witness = await plant(database, on_passover)

    assert (await findings(database, witness)).dials_outside_hours == outside


async def test_a_customer_who_has_moved_is_judged_by_where_they_were(database: Database) -> None:
    async def move(session: AsyncSession, story: Story, witness: Witness) -> None:
        for zone, at in (("Etc/UTC", NOON - MINUTE), ("Pacific/Honolulu", NOON + MINUTE)):
            session.add(an_event(story.customer, "customer.updated", {"zone": zone}, at=at))
        await dial_at_an_hour_no_customer_wants(session, story, witness)

    witness = await plant(database, move)

    assert (await findings(database, witness)).dials_outside_hours == 0


async def test_promises_are_counted_by_how_they_ended(database: Database) -> None:
    async def promise(session: AsyncSession, story: Story, witness: Witness) -> None:
        for state in PromiseState:
            session.add(a_promise(story.escalation, written_at=NOON, state=state))

    witness = await plant(database, promise, leave_one_open)

    found = await findings(database, witness, at_rest=False)

    assert found.promises == {"made": 6, "kept": 2, "renewed": 1, "broken": 1, "released": 1}
    assert found.promises_without_state == 0


async def test_latency_is_from_the_event_that_fired_to_the_first_offer(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue_with_hours(session)
        for number in range(1, 100):
            await a_story(session, number=number, waited=timedelta(milliseconds=number))

    async with database.transaction() as session:
        measured = await event_to_task(session)
        of_others = await event_to_task(session, ["lost-in-help"])

    assert measured.p50 == pytest.approx(50)
    assert measured.p99 == pytest.approx(98.02)
    assert of_others == Latency(None, None)


async def test_latency_leaves_out_what_had_to_wait_or_lay_ahead(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue_with_hours(session)
        await a_story(session, number=1, waited=timedelta(milliseconds=5))
        await a_story(session, number=2, waited=MINUTE, at=NOON - 2 * MINUTE)  # a deadline, not an event
        await a_story(session, number=3, waited=MINUTE, grace=timedelta(seconds=3))
        await a_story(session, number=4, waited=MINUTE, verdict="joined")
        await a_story(session, number=5, waited=MINUTE, mode=Mode.SHADOW)
        held = await a_story(session, number=6, waited=MINUTE)
        session.add(a_wait(held))

    async with database.transaction() as session:
        assert await event_to_task(session) == Latency(5.0, 5.0)


def a_wait(story: Story) -> DecisionRow:
    return DecisionRow(
        escalation_id=story.escalation.id,
        customer_id=story.customer.id,
        at=story.moment.found_at,
        occasion="opened",
        medium="voice_person",
        answer="wait",
        reasons=["business_hours"],
        rule=story.moment.rule,
        version=1,
    )


async def test_moments_that_never_were_do_not_count(database: Database) -> None:
    async def withdraw(session: AsyncSession, story: Story, witness: Witness) -> None:
        await a_story(session, number=2, status=MomentStatus.WITHDRAWN)
        await a_story(session, number=3, mode=Mode.SHADOW)

    witness = await plant(database, withdraw)

    assert (await findings(database, witness)).moments == {"angry_customer": 1}
