"""Preparing a dial: the last look at everything, and the row that is there before any phone can ring."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.phones import BadPhone
from orchestrator.availability.purposes import Medium
from orchestrator.availability.verdicts import Go, Wait
from orchestrator.detection.library import RuleLibrary
from orchestrator.escalations.look import Occasion, look
from orchestrator.escalations.standstill import not_dialed
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.escalations.words import language_of
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import HELD, AgentRow, TaskKind, TaskRow
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.storage.locks import lock_active_task, lock_escalation
from orchestrator.telephony.attempts import AGENT_FIRST, CUSTOMER_FIRST
from orchestrator.telephony.changes import Changes
from orchestrator.telephony.numbers import agent_number, customer_number, sender_number
from orchestrator.telephony.repository import Case, lock_attempt, unsettled_to
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Leg
from orchestrator.wording.reading import about_of

NUMBER_BUSY = "number_busy"  # another attempt to this number has no ending yet
_NO_NUMBER = ""  # what stands in `to_number` where there is none: nothing was dialed


@dataclass(frozen=True, slots=True)
class DialRequest:
    """One leg to dial. `request` names it: preparing the same request twice finds the same row."""

    escalation_id: UUID
    request: str
    leg: Leg
    task_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a leg is prepared for, locked, and the time that was read after the locks."""

    customer: CustomerRow
    escalation: EscalationRow
    task: TaskRow
    others: Sequence[AttemptRow]
    now: datetime

    @property
    def flow(self) -> str:
        return AGENT_FIRST if self.task.kind is TaskKind.CALLBACK else CUSTOMER_FIRST

    def partner(self, leg: Leg) -> AttemptRow | None:
        """Return the other leg if it is up and stays so: whom this one would be joined with."""
        for other in self.others:
            up = other.state is AttemptState.CONNECTED and other.cancel_requested_at is None
            if up and other.leg is not leg and other.task_id == self.task.id:
                return other
        return None

    def is_needed(self, leg: Leg) -> bool:
        """The first leg needs nobody; the second, somebody to be joined with."""
        first = Leg.AGENT if self.flow == AGENT_FIRST else Leg.CUSTOMER
        return leg is first or self.partner(leg) is not None


class Preparing:
    """Writes the attempt's row, or says through the escalation why there is none."""

    def __init__(self, database: Database, library: RuleLibrary, settings: Settings) -> None:
        self._database, self._library, self._settings = database, library, settings
        self._changes = Changes(database, settings)

    async def prepare(self, request: DialRequest) -> UUID | None:
        """Return the attempt to submit; None where nobody is dialed, which the escalation's row then tells why.

        Run twice, it finds the row the first run wrote, and None once that has ended.
        """
        return await self._database.run(lambda session: self._prepare(session, request))

    async def _prepare(self, session: AsyncSession, request: DialRequest) -> UUID | None:
        locked = await lock_escalation(session, request.escalation_id)
        if locked is None:
            return None
        task = await lock_active_task(session, request.escalation_id)
        known = (await session.exec(select(AttemptRow).where(AttemptRow.request == request.request))).first()
        if known is not None:
            return None if known.state is AttemptState.ENDED else known.id
        if locked[1].state is State.CLOSED or task is None or task.state not in HELD:
            return None
        if request.task_id not in (None, task.id):
            return None
        others = await _unsettled(session, request.escalation_id)
        scene = _Scene(*locked, task, others, await self._database.clock.now(session))
        if not scene.is_needed(request.leg):
            return None
        match request.leg:
            case Leg.AGENT:
                return await self._agent(session, request, scene)
            case Leg.CUSTOMER:
                return await self._customer(session, request, scene)

    async def _agent(self, session: AsyncSession, request: DialRequest, scene: _Scene) -> UUID | None:
        agent = None if scene.task.agent_id is None else await session.get(AgentRow, scene.task.agent_id)
        if agent is None:
            return None
        language = next(iter(agent.languages), None) or scene.customer.attributes.get("language")
        return await self._write(session, request, scene, agent_number(agent.phone, self._settings), language)

    async def _customer(self, session: AsyncSession, request: DialRequest, scene: _Scene) -> UUID | None:
        decision = await look(
            session,
            scene.customer,
            scene.escalation,
            medium=_medium(scene),
            occasion=Occasion.PREPARE,
            now=scene.now,
            settings=self._settings,
            clock=self._database.clock,
        )
        if not isinstance(decision, Go):
            until = decision.until if isinstance(decision, Wait) else None
            await self._refuse(session, scene, tuple(code.value for code in decision.reasons), until)
            return None
        number = customer_number(scene.customer.attributes, self._settings)
        return await self._write(session, request, scene, number, scene.customer.attributes.get("language"))

    async def _write(
        self, session: AsyncSession, request: DialRequest, scene: _Scene, number: str | BadPhone, language: object
    ) -> UUID | None:
        row = await self._row(session, request, scene, number, language)
        if isinstance(number, BadPhone):
            row.state, row.ending, row.ended_at = AttemptState.ENDED, Ending.INVALID_NUMBER, scene.now
        elif await unsettled_to(session, number) is not None:
            await self._busy(session, scene)
            return None
        connection = await session.connection()
        # Another customer with the same phone may be a moment ahead: the index lets one through, and the other waits.
        command = insert(AttemptRow).values(row.model_dump()).on_conflict_do_nothing().returning(col(AttemptRow.id))
        if (await connection.execute(command)).first() is None:
            await self._busy(session, scene)
            return None
        attempt = await lock_attempt(session, row.id)
        await self._changes.tell(session, Case(scene.customer, scene.escalation, scene.task, attempt), attempt, scene.now)
        return None if attempt.state is AttemptState.ENDED else attempt.id

    async def _busy(self, session: AsyncSession, scene: _Scene) -> None:
        await self._refuse(session, scene, (NUMBER_BUSY,), scene.now + self._settings.carrier_poll)

    async def _refuse(self, session: AsyncSession, scene: _Scene, reasons: tuple[str, ...], until: datetime | None) -> None:
        await not_dialed(session, scene.customer, scene.escalation, scene.task, reasons=reasons, until=until, now=scene.now)

    async def _row(
        self, session: AsyncSession, request: DialRequest, scene: _Scene, number: str | BadPhone, language: object
    ) -> AttemptRow:
        escalation, task, spoken = scene.escalation, scene.task, language_of(language)
        rule = await self._library.version(session, escalation.rule, escalation.version)
        partner = scene.partner(request.leg)
        return AttemptRow(
            token=secrets.token_urlsafe(24),
            request=request.request,
            escalation_id=escalation.id,
            customer_id=scene.customer.id,
            task_id=task.id,
            agent_id=task.agent_id,
            rule=escalation.rule,
            queue=task.queue,
            leg=request.leg,
            flow=scene.flow,
            medium=_medium(scene).value,
            step=escalation.step,
            language=spoken.value,
            script=task.script,
            about=await about_of(session, task.script, rule.title_in(spoken.value), spoken),
            to_number=_NO_NUMBER if isinstance(number, BadPhone) else number,
            from_number=await sender_number(session, task.queue, self._settings),
            prepared_at=scene.now,
            conference=partner.conference if partner is not None else f"room-{secrets.token_urlsafe(12)}",
        )


def _medium(scene: _Scene) -> Medium:
    return Medium.VOICE_PERSON if scene.flow == AGENT_FIRST else Medium.VOICE_RECORDED


async def _unsettled(session: AsyncSession, escalation_id: UUID) -> Sequence[AttemptRow]:
    query = select(AttemptRow).where(AttemptRow.escalation_id == escalation_id, AttemptRow.state != AttemptState.ENDED)
    locking = query.order_by(col(AttemptRow.prepared_at), col(AttemptRow.id)).with_for_update()
    return (await session.exec(locking.execution_options(populate_existing=True))).all()
