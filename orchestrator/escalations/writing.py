"""The words of a plan's message step."""

from collections.abc import Sequence

from orchestrator.escalations.case import Case
from orchestrator.escalations.plan import PlanStep
from orchestrator.escalations.words import language_of
from orchestrator.telephony.messages import write_message
from orchestrator.wording.reading import message_of


async def write(case: Case, step: PlanStep) -> None:
    """Write the step's message to the customer, in their language, to be sent after the commit."""
    row, language = case.escalation, language_of(case.customer.attributes.get("language"))
    rule = await case.rules.version(case.session, row.rule, row.version)
    body = await message_of(
        case.session,
        step.template or "",
        language,
        organisation=case.settings.organisation,
        script=first_script(await case.plan()),
        title=rule.title_in(language.value),
    )
    case.escalation.has_words = True
    await write_message(
        case.session,
        case.customer,
        case.escalation,
        template=step.template or "",
        body=body,
        now=case.now,
        settings=case.settings,
    )


def first_script(plan: Sequence[PlanStep]) -> str | None:
    """Return the script of the plan's first talk; None where it names none."""
    return next((each.script for each in plan if each.script is not None), None)
