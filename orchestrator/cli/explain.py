"""`ringback explain`: why, or why not, for any customer and time."""

import json
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.zones import UnknownZone
from orchestrator.availability.zones import zone as zone_named
from orchestrator.cli.arguments import Data, instant
from orchestrator.cli.one_transaction import in_transaction
from orchestrator.detection.library import RuleLibrary
from orchestrator.errors import BadInput
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.explaining import RuleAnswer
from orchestrator.insights.explain.explaining import explain as explain_rules
from orchestrator.insights.timelines import customer_named
from orchestrator.settings import Settings
from orchestrator.storage.locks import NoSuchCustomer


def explain(
    customer: Annotated[str, typer.Option(help="Our id of the customer, or the id channels send.")],
    at: Annotated[str | None, typer.Option(help="The time asked about, RFC 3339 with offset; else now.")] = None,
    rule: Annotated[str | None, typer.Option(help="Of this rule alone.")] = None,
    language: Annotated[Language, typer.Option(help="The language of the sentences.")] = Language.ENGLISH,
    zone: Annotated[str, typer.Option(help="The zone whose clock the sentences use.")] = "UTC",
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    data: Data = None,
) -> None:
    """Say what each rule did for a customer until a time, and why it did not do more."""
    until = None if at is None else instant(at, field="--at")
    clock = _zone(zone)

    async def work(session: AsyncSession, now: datetime, _: Settings) -> list[RuleAnswer]:
        try:
            known = await customer_named(session, customer)
        except NoSuchCustomer as error:
            raise BadInput(str(error), field="--customer", fix="give an id as channels send it") from None
        return await explain_rules(session, known, RuleLibrary(), at=until or now, rule=rule)

    answers = in_transaction(work, data=data)
    if not answers:
        raise BadInput(f"there is no rule {rule}", field="--rule", fix="see `ringback rules list`")
    print(_as_json(answers, language, clock) if as_json else _told(answers, language, clock))


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except UnknownZone as error:
        raise BadInput(error.detail, field="--zone", fix=error.fix) from None


def _told(answers: list[RuleAnswer], language: Language, zone: ZoneInfo) -> str:
    parts = []
    for answer in answers:
        title = answer.then.rule.document.title_in(language)
        lines = [f"{title} ({answer.then.rule.name}, {answer.then.version})"]
        parts.append("\n".join([*lines, *(f"  {sentence}" for sentence in answer.sentences(language, zone))]))
    return "\n".join(parts)


def _as_json(answers: list[RuleAnswer], language: Language, zone: ZoneInfo) -> str:
    told = [
        {
            "rule": answer.then.rule.name,
            "version": answer.then.version,
            "state": answer.then.state.value,
            "sentences": answer.sentences(language, zone),
        }
        for answer in answers
    ]
    return json.dumps(told, ensure_ascii=False)
