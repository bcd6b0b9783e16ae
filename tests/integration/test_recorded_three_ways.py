"""Recorded days read in three ways: published, in shadow and by the back-test. All find the same moments."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import select

from orchestrator.detection.backtest import run_backtest
from orchestrator.detection.rule_files import read_rule
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.tables import Mode, MomentRow, MomentStatus
from orchestrator.intake.tables import CustomerRow
from orchestrator.rule_life.shipped import SHIPPED
from orchestrator.storage.database import Database
from tests.integration.intake_world import World, as_event
from tests.integration.test_recorded_bank import RULE as HUNG_UP
from tests.integration.test_recorded_travel import RULES as OF_TRAVEL
from tests.integration.test_recorded_travel import shifted
from tests.recorded import bank, said
from tests.recorded.material import recorded

Event = dict[str, Any]
Moment = tuple[str, str, str, datetime]
BATCH = 200


def shipped(*names: str) -> list[str]:
    return [(SHIPPED / f"{name}.yaml").read_text(encoding="utf-8") for name in names]


def a_travel_day(until: datetime) -> tuple[list[str], list[Event]]:
    return list(OF_TRAVEL.values()), shifted(datetime(2014, 9, 11, tzinfo=UTC), until)


def a_bank_day(until: datetime) -> tuple[list[str], list[Event]]:
    calls = bank.identified(bank.waited_or_served(bank.calls_of(date(1999, 2, 10))))
    return [HUNG_UP, *shipped("angry-customer", "high-effort")], bank.events(calls, ending=until)


def a_day_of_mail(until: datetime) -> tuple[list[str], list[Event]]:
    return shipped("angry-customer"), said.events(ending=until, count=900)


async def run_live(world: World, documents: Sequence[str], *, mode: Mode) -> None:
    if mode is Mode.LIVE:
        await world.publish(*documents)
        return
    for document in documents:
        await world.load_shadow(document)


async def standing(world: World, mode: Mode) -> dict[Moment, str]:
    """Return the verdict of each moment found live and not withdrawn."""
    subjects = {row.id: row.subject for row in await world.rows(select(CustomerRow))}
    rows = await world.rows(select(MomentRow).where(MomentRow.status != MomentStatus.WITHDRAWN))
    assert {row.mode for row in rows} == {mode}
    return {(row.rule, subjects[row.customer_id], row.key, row.at): row.verdict for row in rows}


def backtested(documents: Sequence[str], events: Sequence[Event], until: datetime) -> dict[Moment, str]:
    book = Rulebook(read_rule(document.encode(), name="recorded") for document in documents)
    done = run_backtest(book, map(as_event, events), until=until)
    return {(each.rule, each.customer, each.key, each.at): each.verdict.value for each in done.moments}


def customer_by_customer(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Yield batches that hold all that is known of their customers."""
    of_one: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        of_one[event["subject"]].append(event)
    batch: list[Event] = []
    for own in of_one.values():
        if len(batch) + len(own) > BATCH and batch:
            yield batch
            batch = []
        batch += own
    yield batch


@recorded
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("a_day", [a_travel_day, a_bank_day, a_day_of_mail])
async def test_a_recorded_day_has_the_back_tests_moments_and_verdicts(
    database: Database, a_day: Callable[[datetime], tuple[list[str], list[Event]]], mode: Mode
) -> None:
    world, until = World.on(database), datetime.now(UTC).replace(microsecond=0)
    documents, events = a_day(until)
    await run_live(world, documents, mode=mode)

    for batch in customer_by_customer(events):
        await world.send(*batch)

    expected = backtested(documents, events, until)
    assert len(expected) > 20
    assert await standing(world, mode) == expected


@recorded
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("a_day", [a_travel_day, a_day_of_mail])
async def test_a_recorded_day_that_comes_in_any_order_has_the_back_tests_moments(
    database: Database, a_day: Callable[[datetime], tuple[list[str], list[Event]]], mode: Mode
) -> None:
    world, until = World.on(database), datetime.now(UTC).replace(microsecond=0)
    documents, events = a_day(until)
    await run_live(world, documents, mode=mode)
    shuffled = random.Random(len(events)).sample(events, k=len(events))

    for start in range(0, len(shuffled), 20):
        await world.send(*shuffled[start : start + 20])

    assert (await standing(world, mode)).keys() == backtested(documents, events, until).keys()
