"""What the commands on rules share: a rule's name, and what is said where there is none of that name."""

from datetime import datetime
from typing import Annotated, TypeVar

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.cli.one_transaction import Work
from orchestrator.errors import BadInput, NoSuch
from orchestrator.settings import Settings

Result = TypeVar("Result")
Name = Annotated[str, typer.Argument(help="Name of the rule.")]


def known(work: Work[Result]) -> Work[Result]:
    """Turn the name of a rule that does not exist into bad input, which it is on a command line."""

    async def checked(session: AsyncSession, now: datetime, settings: Settings) -> Result:
        try:
            return await work(session, now, settings)
        except NoSuch as error:
            raise BadInput(str(error), field="rule", fix="see `ringback rules list`") from None

    return checked
