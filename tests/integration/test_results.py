"""What supervisors are told about results: every moment, promise, attempt and offer is in a figure, on a real database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import MomentStatus
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.insights.agent_results import agent_results
from orchestrator.insights.attempt_results import attempt_results
from orchestrator.insights.funnel import Loss, funnels
from orchestrator.insights.placing import Stage
from orchestrator.insights.promise_results import PromiseResult, by_rule, promise_results
from orchestrator.insights.worth_results import WorthResult, worth_by_rule, worth_results
from orchestrator.queueing.presence import set_not_answering, set_presence
from orchestrator.queueing.tables import OfferEnding, OfferRow, Presence, TaskState
from orchestrator.storage.database import Database
from orchestrator.telephony.tables import Ending
from tests.integration.floor import a_queue, an_agent
from tests.integration.planted import NOON, Story, a_story

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
PERIOD = {"since": NOON - DAY, "until": NOON + DAY}


async def a_case(session: AsyncSession, number: int, **changes: Any) -> Story:
    """A story whose call was spoken and solved, unless the test says otherwise of its case, task or attempt."""
    story = await a_story(session, number=number, verdict=changes.pop("verdict", "escalate"))
    story.attempt.submitted_at = story.attempt.prepared_at
    story.attempt.joined_at = story.attempt.prepared_at + MINUTE
    for row, fields in changes.items():
        for name, value in fields.items():
            setattr(getattr(story, row), name, value)
    session.add_all([story.escalation, story.moment, story.task, story.attempt, story.promise])
    await session.flush()
    return story


async def without_task(session: AsyncSession, story: Story) -> None:
    story.attempt.task_id = None
    session.add(story.attempt)
    await session.flush()
    for row in (story.attempt, story.task):
        await session.delete(row)
    await session.flush()


async def test_every_loss_of_the_funnel_has_its_stage_and_its_reason(database: Database) -> None:
    busy = {"joined_at": None, "ending": Ending.BUSY}
    async with database.transaction() as session:
        await a_queue(session)
        await a_case(session, 1)
        await a_case(session, 2, escalation={"outcome": Outcome.NOT_SOLVED})
        await a_case(session, 3, escalation={"outcome": Outcome.UNREACHABLE}, attempt=busy)
        undialed = {"joined_at": None, "submitted_at": None, "ending": Ending.REFUSED}
        await a_case(session, 4, escalation={"outcome": Outcome.RESOLVED_BY_CUSTOMER}, attempt=undialed)
        waiting = await a_case(session, 5, escalation={"outcome": None, "state": State.WAITING})
        expired = await a_case(session, 6, escalation={"outcome": Outcome.EXPIRED, "reasons": ["calling_hours"]})
        control = await a_case(session, 7, verdict="control")
        withdrawn = await a_case(session, 8, moment={"status": MomentStatus.WITHDRAWN})
        for each in (waiting, expired):
            await without_task(session, each)
        for each in (control, withdrawn):
            await without_task(session, each)
            each.moment.escalation_id = None
            session.add(each.moment)
        await session.flush()

        [funnel] = await funnels(session, **PERIOD)

    assert [funnel.at(stage) for stage in Stage] == [8, 6, 4, 3, 2, 1]
    assert set(funnel.losses) == {
        Loss(Stage.SEEN, "control", 1),
        Loss(Stage.SEEN, "withdrawn", 1),
        Loss(Stage.ELIGIBLE, "under_way", 1),
        Loss(Stage.ELIGIBLE, "calling_hours", 1),
        Loss(Stage.QUEUED, "resolved_by_customer", 1),
        Loss(Stage.DIALED, "busy", 1),
        Loss(Stage.REACHED, "not_solved", 1),
    }
    assert funnel.at(Stage.SEEN) == funnel.at(Stage.SOLVED) + sum(loss.number for loss in funnel.losses)


async def test_the_funnel_holds_what_was_found_in_the_period_alone(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_case(session, 1)

        found = [await funnels(session, since=NOON + MINUTE, until=NOON + DAY), await funnels(session, **PERIOD)]

    assert [len(each) for each in found] == [0, 1]


async def test_promises_are_told_by_state_and_broken_ones_by_cause(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_case(session, 1)
        await a_case(session, 2, promise={"state": PromiseState.BROKEN, "cause": "no_agents"})
        await a_case(session, 3, promise={"state": PromiseState.BROKEN, "cause": "no_agents"})
        await a_case(session, 4, promise={"state": PromiseState.RENEWED, "cause": "staffing"})
        await a_case(session, 5, promise={"state": PromiseState.RELEASED, "cause": "rescheduled"})
        await a_case(session, 6, promise={"state": PromiseState.UNSAID})

        results = await promise_results(session, **PERIOD)

    assert set(results) == {
        PromiseResult("angry-customer", PromiseState.KEPT, None, 1),
        PromiseResult("angry-customer", PromiseState.BROKEN, "no_agents", 2),
        PromiseResult("angry-customer", PromiseState.RENEWED, "staffing", 1),
        PromiseResult("angry-customer", PromiseState.RELEASED, "rescheduled", 1),
    }
    assert by_rule(results)[0].kept_share == 1 / 4  # of what was kept, renewed or broken; released proves nothing


async def test_verdicts_of_agents_are_told_by_rule_with_what_came_of_those_not_worth_it(database: Database) -> None:
    ended = {"ended_at": NOON, "disposition": "solved"}
    done_already = {"ended_at": NOON, "disposition": "declined", "sub_disposition": "done_already"}
    async with database.transaction() as session:
        await a_queue(session)
        await a_case(session, 1, task=ended | {"worth_calling": True})
        await a_case(session, 2, task=done_already | {"worth_calling": False})
        await a_case(session, 3, task=done_already | {"worth_calling": False})
        await a_case(session, 4, task={"ended_at": NOON, "worth_calling": False})
        await a_case(session, 5, task=ended)
        await a_case(session, 6, task=ended, escalation={"rule": "sale-left-open"})
        await a_case(session, 7, task=ended | {"worth_calling": True, "ended_at": NOON + DAY})
        await a_case(session, 8, task=ended | {"worth_calling": True, "state": TaskState.WITHDRAWN})

        results = await worth_results(session, **PERIOD)

    assert results[0] == WorthResult("angry-customer", True, ("solved", None), 1)
    angry, sale = worth_by_rule(results)
    assert (angry.rule, angry.done, angry.judged, angry.worth, angry.not_worth) == ("angry-customer", 5, 4, 1, 3)
    assert angry.share == 1 / 4
    assert list(angry.behind.items()) == [(("declined", "done_already"), 2), ((None, None), 1)]
    assert (sale.rule, sale.done, sale.judged, sale.share) == ("sale-left-open", 1, 0, None)  # nobody said: no share


async def test_attempts_are_told_by_result_and_hour_of_the_zone_asked_for(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_case(session, 1)
        await a_case(session, 2, attempt={"joined_at": None, "ending": Ending.NO_ANSWER})
        await a_case(session, 3, attempt={"submitted_at": None, "joined_at": None, "ending": Ending.NOT_PLACED})
        later = {"submitted_at": NOON + 60 * MINUTE, "joined_at": None, "ending": None}
        await a_case(session, 4, attempt=later)

        hours = await attempt_results(session, **PERIOD, zone="Asia/Jerusalem")

    assert [(each.hour, each.results, each.total) for each in hours] == [
        (15, {"spoken": 1, "no_answer": 1}, 2),
        (16, {"under_way": 1}, 1),
    ]


async def test_agents_figures_are_means_of_what_was_measured(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent, other = await an_agent(session, "dana"), await an_agent(session, "eli")
        await an_agent(session, "idle")
        story = await a_case(session, 1, attempt={"ended_at": NOON + 5 * MINUTE})
        story.task.agent_id, story.task.disposition = agent.id, "solved"
        story.task.accepted_at, story.task.wrap_since = NOON - MINUTE, NOON + 5 * MINUTE
        story.task.ended_at = NOON + 6 * MINUTE
        session.add(story.task)
        endings = ((agent, OfferEnding.ACCEPTED, 4), (agent, OfferEnding.REJECTED, 9), (other, OfferEnding.TIMED_OUT, 20))
        for fence, (who, ending, took) in enumerate(endings, 1):
            session.add(
                OfferRow(
                    task_id=story.task.id,
                    agent_id=who.id,
                    queue="sales",
                    fence=fence,
                    offered_at=NOON,
                    until=NOON + 20 * SECOND,
                    ended_at=NOON + took * SECOND,
                    ending=ending,
                )
            )
        await session.flush()

        dana, eli = await agent_results(session, **PERIOD)

    assert (dana.agent, dana.offered, dana.accepted, dana.rejected, dana.done, dana.solved) == ("dana", 2, 1, 1, 1, 1)
    assert (dana.speed_of_answer, dana.talk, dana.wrap_up) == (4 * SECOND, 4 * MINUTE, MINUTE)
    assert dana.handling == 7 * MINUTE
    assert dana.occupancy is None  # in those days nobody had said they were there
    assert (eli.agent, eli.missed, eli.done, eli.handling) == ("eli", 1, 0, None)


async def test_occupancy_is_the_share_of_the_time_available_that_went_into_tasks(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        agent.presence_since, agent.seen_at = NOON - 20 * MINUTE, NOON + 9 * MINUTE
        session.add(agent)
        await set_presence(session, agent, Presence.PAUSED, pause_code="lunch", now=NOON + 20 * MINUTE)
        story = await a_case(session, 1)
        story.task.agent_id, story.task.accepted_at, story.task.ended_at = agent.id, NOON - MINUTE, NOON + 5 * MINUTE
        session.add(story.task)
        await session.flush()

        [figures] = await agent_results(session, **PERIOD)

    assert figures.not_answering == 0 * MINUTE
    assert figures.occupancy == pytest.approx(6 / 30)  # gone a minute after the desk's last sign of life


async def test_a_call_that_waits_for_no_acceptance_keeps_its_agent_busy_from_the_offer_on(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        agent.presence_since, agent.seen_at = NOON - 20 * MINUTE, NOON + 9 * MINUTE
        session.add(agent)
        story = await a_case(session, 1)
        story.task.agent_id, story.task.accepted_at = agent.id, None  # the customer was called first
        story.task.offered_at, story.task.ended_at = NOON - MINUTE, NOON + 5 * MINUTE
        session.add(story.task)
        await session.flush()

        [figures] = await agent_results(session, **PERIOD)

    assert figures.handling == 6 * MINUTE
    assert figures.occupancy == pytest.approx(6 / 30)


async def test_the_time_somebody_does_not_answer_is_neither_available_nor_lost(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        agent.presence_since, agent.seen_at = NOON - 20 * MINUTE, NOON
        session.add(agent)
        await set_not_answering(session, agent, now=NOON)
        agent.seen_at = NOON + 15 * MINUTE
        await set_presence(session, agent, Presence.PAUSED, pause_code="lunch", now=NOON + 15 * MINUTE)
        story = await a_case(session, 1)
        story.task.agent_id, story.task.accepted_at, story.task.ended_at = agent.id, NOON - 10 * MINUTE, NOON
        session.add(story.task)
        await session.flush()

        [figures] = await agent_results(session, **PERIOD)

    assert figures.not_answering == 15 * MINUTE
    assert figures.occupancy == pytest.approx(10 / 20)
