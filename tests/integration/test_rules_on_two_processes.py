"""Rules changed on one api process while another serves the same database: nothing is lost, and everything holds at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlmodel import col, select

from orchestrator.detection.tables import MomentRow, RuleVersionRow
from orchestrator.identity.tables import ChangeRow
from orchestrator.storage.database import Database
from tests.integration.faults.conftest import floor_database
from tests.integration.floor import a_queue
from tests.integration.intake_world import an_event
from tests.integration.processes import Process, api_processes
from tests.integration.test_rule_life import MOVED

__all__ = ["floor_database"]

NEW = {"If_None_Match": "*"}


Two = tuple[Process, Process]


@pytest_asyncio.fixture(scope="module")
async def shared(floor_database: str) -> AsyncIterator[Database]:
    """The database of both processes, which the tests of this module share: each has a rule of its own."""
    database = Database(floor_database, pool_size=2)
    async with database.transaction() as session:
        await a_queue(session, "sales")
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="module")
async def two(tmp_path_factory: pytest.TempPathFactory, shared: Database, floor_database: str) -> AsyncIterator[Two]:
    async with api_processes(tmp_path_factory.mktemp("apis"), shared, floor_database) as (one, other):
        yield one, other


def a_rule(name: str) -> str:
    return MOVED.replace("rule: moved", f"rule: {name}")


async def test_of_two_who_save_at_once_one_is_shown_what_the_other_wrote_and_nothing_is_lost(
    two: Two, shared: Database
) -> None:
    (one, other), name = two, "fought-over"
    written = [a_rule(name)]
    await one.save(name, written[0], **NEW)

    for days in range(10, 16):
        mine, yours = written[0].replace("7d", f"{days}d"), written[0].replace("8h", f"{days}h")
        seen = await one.tag(name)
        answers = await asyncio.gather(one.save(name, mine, If_Match=seen), other.save(name, yours, If_Match=seen))
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        lost = next(number for number, answer in enumerate(answers) if answer.status_code == 412)
        first, second = (mine, yours)[1 - lost], (mine, yours)[lost]
        assert ("+expires:" if lost else "+steps:") in answers[lost].json()["difference"]
        again = await two[lost].save(name, second, If_Match=answers[lost].headers["ETag"])
        assert again.status_code == 200
        written += [first, second]

    async with shared.transaction() as session:
        rows = (
            await session.exec(select(RuleVersionRow).where(RuleVersionRow.rule == name).order_by(col(RuleVersionRow.version)))
        ).all()
        noted = (await session.exec(select(ChangeRow).where(ChangeRow.what == "rule.drafted", ChangeRow.subject == name))).all()
    assert [row.document for row in rows] == written
    assert len(noted) == len(written)


async def test_of_two_who_write_a_new_rule_at_once_one_does(two: Two, shared: Database) -> None:
    name = "written-twice"
    documents = [a_rule(name), a_rule(name).replace("7d", "9d")]

    answers = await asyncio.gather(*(each.save(name, text, **NEW) for each, text in zip(two, documents, strict=True)))

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    async with shared.transaction() as session:
        kept = (await session.exec(select(RuleVersionRow.document).where(RuleVersionRow.rule == name))).all()
    assert kept == [text for text, answer in zip(documents, answers, strict=True) if answer.status_code == 200]


async def test_what_is_decided_on_one_process_holds_for_the_next_event_on_every_other(two: Two, shared: Database) -> None:
    (one, other), name = two, "decided"
    await one.save(name, a_rule(name), **NEW)
    await one.decide(name, "publish")

    async def heard(type: str, subject: str) -> None:
        assert await other.report(an_event(type, subject)) == ["accepted"]

    await heard("customer.moved", "published")
    await one.save(name, a_rule(name).replace("customer.moved", "complaint.filed"), If_Match=await one.tag(name))
    await heard("complaint.filed", "drafted")
    await one.decide(name, "publish")
    await heard("complaint.filed", "of-the-new-version")
    await heard("customer.moved", "of-the-old-version")
    await one.decide(name, "pause")
    await heard("complaint.filed", "paused")
    await one.decide(name, "resume")
    await heard("complaint.filed", "resumed")
    await one.decide(name, "publish", version=1)
    await heard("customer.moved", "rolled-back")
    await one.decide(name, "retire")
    await heard("customer.moved", "retired")

    async with shared.transaction() as session:
        found = (
            await session.exec(
                select(MomentRow.key, MomentRow.version).where(MomentRow.rule == name).order_by(col(MomentRow.at))
            )
        ).all()
    assert [tuple(each) for each in found] == [("published", 1), ("of-the-new-version", 2), ("resumed", 2), ("rolled-back", 1)]


def large(name: str, count: int) -> str:
    pattern = "{type: checkout.started, where: 'event.data.a == %d && event.data.b > %d'}"
    return a_rule(name).replace("{type: customer.moved}", ", ".join(pattern % (number, number) for number in range(count)))


def with_condition(name: str, condition: str) -> str:
    return a_rule(name).replace("customer.moved}", f'customer.moved, where: "{condition}"}}')


NINE = "[1, 2, 3, 4, 5, 6, 7, 8, 9]"
BOMB = f"{NINE}.all(a, {NINE}.all(b, {NINE}.all(c, {NINE}.all(d, {NINE}.all(e, a + b + c + d + e > 0)))))"
AT_ITS_LIMITS = [
    large("large", 400),
    with_condition("bomb", BOMB),
    with_condition("long", " && ".join(f"event.data.x{number} > {number}" for number in range(80))),
    with_condition("deep", "!(" * 28 + "event.data.a" + ")" * 28),
    with_condition("doubling", "['a']" + ".map(a, a + a)" * 28 + ".exists(a, a == 'b')"),
]


async def served_beside(process: Process, heavy: asyncio.Task[object], subject: str) -> int:
    """Return how many rounds of another client's requests were answered before the heavy work ended."""
    rounds = 0
    while not heavy.done():
        assert (await process.http.get("/readyz")).status_code == 200
        assert (await process.http.get("/v1/rules", headers=process.supervisor)).status_code == 200
        assert await process.report(an_event("page.error", subject)) == ["accepted"]
        rounds += 1
    return rounds


async def test_others_are_served_while_the_heaviest_rules_are_held_against_everything(two: Two) -> None:
    process, _ = two

    async def lint_all() -> list[int]:
        return [
            (await process.http.post("/v1/rules/lint", content=text, headers=process.supervisor)).status_code
            for text in AT_ITS_LIMITS
        ]

    heavy = asyncio.create_task(lint_all())
    rounds = await served_beside(process, heavy, "beside-the-lint")

    assert heavy.result() == [200, 200, 200, 200, 422]
    assert rounds > 2


async def test_others_are_served_while_a_process_learns_a_heavy_rule_that_was_published_on_another(two: Two) -> None:
    (one, other), name = two, "heavy"
    await one.save(name, large(name, 1000), **NEW)
    await one.decide(name, "shadow", confirm=True)

    learning = asyncio.create_task(other.report(an_event("checkout.started", "buyer", a=1, b=2)))
    answered = 0
    while not learning.done():
        assert (await other.http.get("/readyz")).status_code == 200
        answered += 1

    assert learning.result() == ["accepted"]
    assert answered > 5
