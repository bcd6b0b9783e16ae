"""`ringback rules`: the versions of a rule: shown, compared, and gone back to."""

from datetime import datetime
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.cli.arguments import Data
from orchestrator.cli.one_transaction import in_transaction, operator
from orchestrator.cli.rules_naming import Name, known
from orchestrator.detection.tables import RuleState
from orchestrator.rule_life.deciding import Decision, run_version
from orchestrator.rule_life.listing import rule_record
from orchestrator.rule_life.publishing import Published
from orchestrator.rule_life.tags import difference
from orchestrator.rule_life.versions import version_of
from orchestrator.settings import Settings

Number = Annotated[int | None, typer.Option(min=1, help="A version's number; the one in force otherwise.")]


def export(name: Name, version: Number = None, data: Data = None) -> None:
    """Print a rule's document exactly as it was written."""

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> str:
        record = await rule_record(session, name)
        return (await version_of(session, name, version or record.rule.version)).document

    print(in_transaction(known(work), data=data), end="")


def diff(
    name: Name,
    since: Annotated[int | None, typer.Option("--from", min=1, help="The earlier version; the one in force otherwise.")] = None,
    to: Annotated[int | None, typer.Option("--to", min=1, help="The later version; the newest otherwise.")] = None,
    data: Data = None,
) -> None:
    """Print what changed from one version of a rule to another."""

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> str:
        record = await rule_record(session, name)
        old = await version_of(session, name, since or record.rule.version)
        new = await version_of(session, name, to or record.versions[0].version)
        return difference(old, new)

    print(in_transaction(known(work), data=data), end="")


def rollback(
    name: Name, version: Annotated[int, typer.Argument(min=1, help="The version to go back to.")], data: Data = None
) -> None:
    """Let an earlier version run again; open watches go on where it detects in the same way."""

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> Published:
        decision = Decision("*", version, confirmed=True)
        return await run_version(session, name, RuleState.PUBLISHED, decision, who=operator(), settings=settings, now=now)

    done = in_transaction(known(work), data=data)
    dropped = f", {done.dropped} open watches dropped" if done.dropped else ""
    print(f"{name}: version {done.version} in force{dropped}")
