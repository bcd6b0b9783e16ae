"""From a rule's document to the steps the process walks. Pure."""

from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.splits import Plan, steps_of
from orchestrator.detection.steps import Attempts, Step
from orchestrator.detection.steps import Closed as ClosedQueue
from orchestrator.escalations.plan import Delays, PlanStep, StepKind
from orchestrator.settings import Settings


def plan_of(rule: RuleDocument, settings: Settings, plan: Plan | None = None) -> tuple[PlanStep, ...]:
    """Return the rule's steps, of a split those of `plan`; where a step names no pause, the settings' own holds."""
    return tuple(_step(step, settings) for step in steps_of(rule, plan))


def _step(step: Step, settings: Settings) -> PlanStep:
    if step.message is not None:
        return PlanStep(kind=StepKind.MESSAGE, delays=_delays(None, settings), template=step.message.template)
    if step.call is not None:
        call = step.call
        return PlanStep(
            kind=StepKind.CALL,
            delays=_delays(call.attempts, settings),
            queue=call.queue,
            script=call.script,
            skip_when_closed=call.closed is ClosedQueue.SKIP,
            tries=call.attempts.max,
        )
    callback = step.callback
    if callback is None:
        raise AssertionError("a step is one of three kinds: its model sees to it")
    return PlanStep(
        kind=StepKind.CALLBACK,
        delays=_delays(callback.attempts, settings),
        queue=callback.queue,
        due=callback.due,
        tell=None if callback.tell is None else callback.tell.value,
        script=callback.script,
        skip_when_closed=callback.closed is ClosedQueue.SKIP,
        tries=callback.attempts.max,
    )


def _delays(attempts: Attempts | None, settings: Settings) -> Delays:
    named = attempts or Attempts()
    return Delays(
        no_answer=named.no_answer or settings.no_answer_delay,
        busy=named.busy or settings.busy_delay,
        machine=named.machine or settings.machine_delay,
    )
