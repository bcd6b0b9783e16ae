"""One customer's case on a floor: brought to a state by what customer, agent and phones do, and judged at its end."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from sqlmodel import SQLModel, col, select

from orchestrator.detection.tables import MomentRow
from orchestrator.escalations.states import PromiseState
from orchestrator.escalations.tables import DecisionRow, EscalationEventRow, EscalationRow, PromiseRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import TaskRow
from orchestrator.telephony.tables import AttemptRow, Leg, MessageRow
from tests.integration.faults.desk import Desk
from tests.integration.faults.floor import Floor, event, eventually
from tests.integration.telephony_stage import a_phone, where_it_is_noon

Row = TypeVar("Row", bound=SQLModel)
Seen = TypeVar("Seen")

RULE = """
rule: {name}
moment: call_me
purpose: {purpose}
detect: {{occurrence: {{on: [{{type: {name}.asked}}]}}}}
resolve: [{{type: {name}.settled}}]
grace: {grace}
steps: [{step}]
expires: {expires}
"""
TRIES = "attempts: {max: 3, no_answer: 1s, busy: 1s, machine: 1s}"
CALLBACK = "{callback: {queue: QUEUE, due: 30m, tell: sms, " + TRIES + "}}"
CALL = "{call: {queue: QUEUE, " + TRIES + "}}"
NAMED = {PromiseState.KEPT, PromiseState.RENEWED, PromiseState.BROKEN, PromiseState.RELEASED, PromiseState.UNSAID}
LONG = {"behaviour": "answer", "answer_after": 100}  # simulated seconds of ringing: a few real ones


def column(model: type[SQLModel], name: str) -> Any:
    return getattr(model, name)


@dataclass(slots=True)
class Case:
    """`name` is that of the rule and of the queue, and stands before its event types."""

    floor: Floor
    name: str
    subject: str
    phone: str
    desk: Desk

    async def ask(self) -> None:
        """Let the customer do what the rule waits for."""
        await self.floor.report(event(f"{self.name}.asked", self.subject))

    async def settle_alone(self) -> None:
        """Let the customer get there without anybody."""
        await self.floor.report(event(f"{self.name}.settled", self.subject))

    async def until(self, look: Callable[[], Awaitable[Seen]], fits: Callable[[Seen], Any] = bool) -> Seen:
        """Look until what is seen fits; a failure tells the case's story."""
        return await eventually(look, fits, story=self.story)

    async def desk_shows(self, state: str) -> None:
        await self.until(self.desk.state, lambda seen: seen == state)

    async def offered(self) -> None:
        await self.desk_shows("reserved")

    async def accepted(self) -> None:
        await self.offered()
        await self.desk.accept()

    async def called(self) -> None:
        await self.accepted()
        await self.desk.call()

    async def wrapped(self, disposition: str = "solved") -> None:
        """Wait until the call is over, and write down what came of it."""
        await self.desk_shows("wrapping")
        await self.desk.complete(disposition)

    async def row(self) -> EscalationRow | None:
        rows = await self.escalations()
        return rows[-1] if rows else None

    async def escalations(self) -> list[EscalationRow]:
        async with self.floor.database.transaction() as session:
            query = select(EscalationRow).join(CustomerRow, col(CustomerRow.id) == col(EscalationRow.customer_id))
            found = await session.exec(query.where(CustomerRow.subject == self.subject).order_by(col(EscalationRow.opened_at)))
            return list(found.all())

    async def opened(self) -> EscalationRow:
        row = await self.until(self.row)
        assert row is not None
        return row

    async def in_state(self, state: str) -> EscalationRow:
        row = await self.until(self.row, lambda seen: seen is not None and seen.state == state)
        assert row is not None
        return row

    async def closed(self) -> EscalationRow:
        return await self.in_state("closed")

    async def leg_is(self, leg: Leg, state: str) -> AttemptRow:
        """Wait until the newest attempt of a leg is in a state."""
        seen = await self.until(lambda: self.attempts(leg), lambda rows: bool(rows) and rows[-1].state == state)
        return seen[-1]

    async def attempts(self, *legs: Leg) -> list[AttemptRow]:
        rows = await self._rows(AttemptRow)
        return sorted((row for row in rows if not legs or row.leg in legs), key=lambda row: row.prepared_at)

    async def promises(self) -> list[PromiseRow]:
        return await self._rows(PromiseRow)

    async def decisions(self) -> list[DecisionRow]:
        return await self._rows(DecisionRow)

    async def messages(self) -> list[MessageRow]:
        return await self._rows(MessageRow)

    async def moments(self) -> list[MomentRow]:
        return await self._rows(MomentRow)

    async def tasks(self) -> list[TaskRow]:
        return await self._rows(TaskRow)

    async def _rows(self, model: type[Row]) -> list[Row]:
        escalation = await self.row()
        if escalation is None:
            return []
        async with self.floor.database.transaction() as session:
            of_it = column(model, "escalation_id") == escalation.id
            return list((await session.exec(select(model).where(of_it))).all())

    async def story(self) -> str:
        """Return what happened, a line each, for whoever reads a failure."""
        lines = [(row.at, f"{row.what} {row.detail}") for row in await self._rows(EscalationEventRow)]
        for row in await self.attempts():
            told = f"{row.leg} {row.state} {row.ending} submitted {row.submitted_at} ended {row.ended_at}"
            lines.append((row.prepared_at, told))
        return "\n".join(f"{at:%H:%M:%S.%f} {what}" for at, what in sorted(lines))

    async def nobody_rang_twice(self) -> None:
        """Every ring is of an attempt that we know, and no attempt has two."""
        rings = await self.floor.rings(self.phone) + await self.floor.rings(self.desk.phone)
        ours = {attempt.token for attempt in await self.attempts()}
        per_attempt = Counter(ring["attempt"] for ring in rings)
        assert set(per_attempt) <= ours
        assert all(count == 1 for count in per_attempt.values()), per_attempt

    async def every_promise_has_its_ending(self) -> Sequence[str]:
        states = [promise.state for promise in await self.promises()]
        assert set(states) <= NAMED, states
        return [state.value for state in states]

    async def phones(self, *, customer: Any = None, agent: Any = None) -> None:
        """Script the phones; `talk` and all other times are simulated seconds."""
        for number, script in ((self.phone, customer), (self.desk.phone, agent)):
            if script is not None:
                await asyncio.to_thread(self.floor.sim.phone, number, *(script if isinstance(script, list) else [script]))


async def a_case(
    floor: Floor,
    *,
    step: str = CALLBACK,
    purpose: str = "service",
    grace: str = "0s",
    expires: str = "24h",
    language: str = "en",
    arrived: bool = True,
    **attributes: Any,
) -> Case:
    """Set a case up: its rule is published, its agent is there (unless not `arrived`), its customer is known.

    The customer's phone is answered and hung up after a short talk.
    """
    name = f"c{uuid4().hex[:8]}"
    document = RULE.format(name=name, purpose=purpose, grace=grace, expires=expires, step=step.replace("QUEUE", name))
    await floor.publish(document)
    desk = await floor.desk(name, a_phone(), language=language)
    if arrived:
        await desk.arrive()
    case = Case(floor, name, f"customer-{name}", a_phone(), desk)
    known = {"phone": case.phone, "zone": where_it_is_noon(), "language": "en", "consent": {"voice_recorded": True}}
    await floor.report(event("customer.updated", case.subject, **{**known, **attributes}))
    await case.phones(customer={"behaviour": "answer", "talk": 20})
    return case


async def all_of(cases: Sequence[Case], *acts: Callable[[Case], Any]) -> None:
    """Let each case go through the same acts, all cases at the same time."""
    for act in acts:
        await asyncio.gather(*(act(case) for case in cases))
