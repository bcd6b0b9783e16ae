"""`ringback when --customer C --rule R`: the answer for a customer, with what the database knows of them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.cli.one_transaction import in_transaction
from orchestrator.detection.library import RuleLibrary
from orchestrator.errors import BadInput
from orchestrator.escalations.promises import customer_zone
from orchestrator.escalations.words import Language
from orchestrator.insights.answers.asking import Answered, answer
from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.explain.gate_words import gate_sentence
from orchestrator.insights.timelines import customer_named
from orchestrator.settings import Settings
from orchestrator.storage.locks import NoSuchCustomer

_UTC = ZoneInfo("UTC")
_OF_NOW = {Language.ENGLISH: "(as it stands now)", Language.HEBREW: "(כפי שהמצב עכשיו)"}


def check_customer(customer: str | None, rule: str | None, others: Mapping[str, object]) -> None:
    """Raise `BadInput` where a customer is asked about without a rule, a rule without a customer, or files besides."""
    if customer is None:
        raise BadInput("nobody is named whom the rule would contact", field="--customer", fix="give --customer C")
    if rule is None:
        raise BadInput("no rule is named that would contact the customer", field="--rule", fix="give --rule R")
    if given := next((option for option, value in others.items() if value), None):
        raise BadInput("the customer's own hours are asked", field=given, fix="leave it out, or leave out --customer")


def ask_for_customer(customer: str, rule: str, *, at: datetime, data: Path | None) -> tuple[Answered, ZoneInfo]:
    """Return the answer, and the customer's zone (UTC where not exactly one is known). Raises `BadInput` by option."""

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> tuple[Answered, ZoneInfo]:
        try:
            known = await customer_named(session, customer)
        except NoSuchCustomer as error:
            raise BadInput(str(error), field="--customer", fix="give an id as channels send it") from None
        try:
            found = await answer(session, known, rule, RuleLibrary(), at=at, now=now, settings=settings)
        except BadInput as error:
            raise BadInput(error.detail, field=f"--{error.field}", fix="see `ringback rules list`") from None
        return found, customer_zone(known) or _UTC

    return in_transaction(work, data=data)


def gate_lines(known: Answered, *, language: Language, zone: ZoneInfo) -> Iterator[str]:
    """Yield each gate's sentence, on the clock of `zone`, with its code and state."""
    reader = Reader(language, zone, known.at.astimezone(zone).date())
    for verdict in known.decision.verdicts:
        of_now = f" {_OF_NOW[language]}" if verdict.gate in known.as_of_now else ""
        yield f"  {verdict.gate} {verdict.state}: {gate_sentence(verdict.as_json(), reader)}{of_now}"
