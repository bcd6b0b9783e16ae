"""Looking at an escalation's row and bringing it on, as its process asks for it."""

from typing import assert_never

from temporalio import activity

from orchestrator.escalations import instructions
from orchestrator.escalations.advance import advance
from orchestrator.escalations.case import Rules
from orchestrator.escalations.lifecycle import fail
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from workflows.contracts import Dial, EscalationActivities, Instruction, LegKind, Next, StartEscalation


class Escalations(EscalationActivities):
    def __init__(self, database: Database, rules: Rules, settings: Settings) -> None:
        self._database, self._rules, self._settings = database, rules, settings

    @activity.defn(name="escalations.advance")
    async def advance(self, escalation: StartEscalation) -> Instruction:
        """Say what the process does next. Run twice, the second finds what the first began and says the same again."""
        told = await self._database.run(
            lambda session: advance(
                session,
                escalation.escalation_id,
                clock=self._database.clock,
                rules=self._rules,
                settings=self._settings,
            )
        )
        return as_contract(told, escalation)

    @activity.defn(name="escalations.fail")
    async def fail(self, escalation: StartEscalation) -> None:
        """Close the row as failed. Run twice, the second finds it closed."""
        await self._database.run(lambda session: fail(session, escalation.escalation_id, clock=self._database.clock))


def as_contract(told: instructions.Instruction, escalation: StartEscalation) -> Instruction:
    """Return the instruction in the words workflows understand."""
    match told:
        case instructions.Wait(until=until):
            return Instruction(next=Next.WAIT, until=until)
        case instructions.DialLeg(request=request, leg=leg, task_id=task_id, quiet_until=until):
            kind = LegKind(leg.value)
            dial = Dial(escalation_id=escalation.escalation_id, request=request, leg=kind, task_id=task_id)
            return Instruction(next=Next.DIAL, dial=dial, until=until)
        case instructions.Settle(attempts=attempts, messages=messages):
            return Instruction(next=Next.SETTLE, settle=list(attempts), unclear=list(messages))
        case instructions.Send(messages=messages):
            return Instruction(next=Next.SEND, messages=list(messages))
        case instructions.Stop(attempts=attempts):
            return Instruction(next=Next.STOP, stops=list(attempts))
        case instructions.Closed(outcome=outcome):
            return Instruction(next=Next.CLOSED, outcome=None if outcome is None else outcome.value)
        case _:
            assert_never(told)
