"""A contract's end that moves takes its watch with it: the real relay tells a real Temporal, and the real clock runs."""

from datetime import UTC, datetime, timedelta

from sqlmodel import col, select

from orchestrator.detection.tables import MomentRow, WatchRow, WatchStatus
from orchestrator.intake.tables import CustomerRow
from orchestrator.rule_life.shipped import SHIPPED
from tests.integration.faults.floor import Floor, event, eventually

BEFORE = timedelta(days=30)  # how long before a contract's end the shipped rule speaks
SOON, LATER, FAR = timedelta(seconds=10), timedelta(seconds=16), timedelta(hours=5)


async def a_contract(floor: Floor, subject: str, due_in: timedelta) -> datetime:
    """Publish the shipped rule and begin a contract whose deadline is so far ahead; return that deadline."""
    await floor.publish((SHIPPED / "renewal-due.yaml").read_text(encoding="utf-8"))
    yes = {"marketing": True}
    await floor.report(event("customer.updated", subject, consent=yes))
    return await ending(floor, "contract.started", subject, due_in)


async def ending(floor: Floor, type: str, subject: str, due_in: timedelta) -> datetime:
    deadline = (datetime.now(UTC) + due_in).replace(microsecond=0)
    await floor.report(event(type, subject, ends_at=(deadline + BEFORE).isoformat()))
    return deadline


async def moments(floor: Floor, subject: str) -> list[MomentRow]:
    async with floor.database.transaction() as session:
        query = select(MomentRow).join(CustomerRow).where(CustomerRow.subject == subject).order_by(col(MomentRow.at))
        return list((await session.exec(query)).all())


async def watch_of(floor: Floor, subject: str) -> WatchRow:
    async with floor.database.transaction() as session:
        return (await session.exec(select(WatchRow).join(CustomerRow).where(CustomerRow.subject == subject))).one()


async def test_a_date_that_moves_later_fires_at_the_new_deadline_alone(floor: Floor) -> None:
    subject = "later"
    first = await a_contract(floor, subject, SOON)
    second = await ending(floor, "contract.renewed", subject, LATER)

    found = await eventually(lambda: moments(floor, subject))

    assert first < second
    assert [moment.at for moment in found] == [second]
    assert found[0].found_at >= second
    assert (await watch_of(floor, subject)).status is WatchStatus.FIRED
    assert found[0].escalation_id is not None


async def test_a_date_that_moves_earlier_is_signalled_and_fires_then(floor: Floor) -> None:
    subject = "earlier"
    far = await a_contract(floor, subject, FAR)
    before = await watch_of(floor, subject)
    soon = await ending(floor, "contract.renewed", subject, SOON)
    told = await watch_of(floor, subject)

    found = await eventually(lambda: moments(floor, subject))

    assert before.deadline == far
    assert (told.id, told.armed) == (before.id, soon)  # what its workflow knows
    assert [moment.at for moment in found] == [soon]
    assert (await watch_of(floor, subject)).status is WatchStatus.FIRED
