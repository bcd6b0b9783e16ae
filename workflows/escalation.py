"""`Escalation`: gets a person to one customer, or finds out that nobody is needed any more.

The row says what is next (docs/adr/005); this is the process that does it, waits, and looks again.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from workflows.contracts import (
        DIALING,
        ESCALATION_WORKFLOW,
        HINT_SIGNAL,
        AttemptRef,
        Dial,
        DialingActivities,
        EscalationActivities,
        Instruction,
        MessageRef,
        MessagingActivities,
        Next,
        StartEscalation,
    )

# A worker that was killed shows by its silence, before an activity's own time is over.
SILENCE = timedelta(seconds=10)
QUICK = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=20),
    heartbeat_timeout=SILENCE,
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)),
)
# Looking is one short transaction: done where the workflow is, without a way to Temporal and back (docs/adr/012). It may be
# tried for an hour, then the row is closed as failed: somebody has to be told.
LOOKING = workflow.LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=20),
    schedule_to_close_timeout=timedelta(hours=1),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)),
)
# The carrier's own timeouts are 15 s in all: what takes longer than this was lost with its worker.
ONCE = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=18),
    heartbeat_timeout=SILENCE,
    retry_policy=RetryPolicy(maximum_attempts=1),
)
PACED = workflow.ActivityConfig(**ONCE, task_queue=DIALING)  # that queue hands out so many a second and no more
ASKING = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30),
    heartbeat_timeout=SILENCE,
    retry_policy=RetryPolicy(maximum_attempts=3),
)
AFTER_TROUBLE = timedelta(seconds=5)
A_BREATH = timedelta(seconds=1)


@workflow.defn(name=ESCALATION_WORKFLOW)
class Escalation:
    """One escalation; its id is the row's. It holds ids only and never ends *Failed*."""

    def __init__(self) -> None:
        self._hinted = False

    @workflow.run
    async def run(self, escalation: StartEscalation) -> str | None:
        try:
            return await self._see_through(escalation)
        except FailureError:  # a local activity's error comes as it is, and not as an ActivityError
            # An hour of looking in vain. Close the row, however long that takes.
            await workflow.execute_activity_method(EscalationActivities.fail, escalation, **QUICK)
            return "failed"

    @workflow.signal(name=HINT_SIGNAL)
    def hint(self) -> None:
        """Something about the row has changed: look again."""
        self._hinted = True

    async def _see_through(self, escalation: StartEscalation) -> str | None:
        while True:
            self._hinted = False
            instruction = await workflow.execute_local_activity_method(EscalationActivities.advance, escalation, **LOOKING)
            if instruction.next is Next.CLOSED:
                return instruction.outcome
            await self._do(instruction)
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(escalation)

    async def _do(self, instruction: Instruction) -> None:
        match instruction.next:
            case Next.WAIT:
                await self._wait(instruction.until)
            case Next.DIAL:
                assert instruction.dial is not None  # a dial without its leg is a bug in advance
                await self._dial(instruction.dial, instruction.until)
            case Next.SETTLE:
                await self._settle(instruction)
            case Next.SEND:
                await self._send(instruction.messages)
            case Next.STOP:
                await self._stop(instruction.stops)
            case Next.CLOSED:
                pass

    async def _wait(self, until: datetime | None) -> None:
        """Wait for a hint, or until `until`; an hour at most, so that a hint that was lost costs an hour at most."""
        longest = timedelta(hours=1) if until is None else min(until - workflow.now(), timedelta(hours=1))
        if longest > timedelta(0):
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._hinted, timeout=longest)

    async def _dial(self, dial: Dial, until: datetime | None) -> None:
        prepared = await workflow.execute_local_activity_method(DialingActivities.prepare, dial, **LOOKING)
        if prepared.attempt_id is None:
            # Gates, a lost race, a number in use: the row tells, and a hint with it. Never ask again in the same breath.
            await self._wait(workflow.now() + A_BREATH)
            return
        try:
            await workflow.execute_activity_method(
                DialingActivities.submit, AttemptRef(attempt_id=prepared.attempt_id), **PACED
            )
        except ActivityError:  # lost or unclear: the row says submitting, and settle finds out
            await workflow.sleep(A_BREATH)
            return
        # What becomes of the call is told by webhooks, and a hint with them: no need to look at once.
        await self._wait(until or workflow.now() + A_BREATH)

    async def _settle(self, instruction: Instruction) -> None:
        try:
            for attempt_id in instruction.settle:
                await workflow.execute_activity_method(DialingActivities.settle, AttemptRef(attempt_id=attempt_id), **ASKING)
            for message_id in instruction.unclear:
                await workflow.execute_activity_method(MessagingActivities.settle, MessageRef(message_id=message_id), **ASKING)
        except ActivityError:
            await workflow.sleep(AFTER_TROUBLE)

    async def _send(self, messages: list[UUID]) -> None:
        try:
            for message_id in messages:
                await workflow.execute_activity_method(MessagingActivities.send, MessageRef(message_id=message_id), **ONCE)
        except ActivityError:  # as with calls: what was not marked is sent at the next look, what was marked never again
            await workflow.sleep(A_BREATH)

    async def _stop(self, attempts: list[UUID]) -> None:
        try:
            for attempt_id in attempts:
                await workflow.execute_activity_method(DialingActivities.stop, AttemptRef(attempt_id=attempt_id), **ASKING)
        except ActivityError:
            await workflow.sleep(AFTER_TROUBLE)
