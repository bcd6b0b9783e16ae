"""`ringback agent`: who takes calls, and the tokens they come in with."""

from datetime import datetime
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.cli.arguments import Data
from orchestrator.cli.one_transaction import end_of, in_transaction, operator
from orchestrator.queueing import roster
from orchestrator.queueing.roster import AgentStanding
from orchestrator.settings import Settings

agent = typer.Typer(no_args_is_help=True, add_completion=False, help="Agents: people who take calls.")

Name = Annotated[str, typer.Argument(help="The agent's name, as lists show it.")]
Expires = Annotated[str | None, typer.Option(help="How long the token lasts, such as 30d; for ever otherwise.")]


@agent.command()
def add(
    name: Name,
    queue: Annotated[list[str], typer.Option(help="A queue they serve; made if it is not there. Repeatable.")],
    language: Annotated[list[str], typer.Option(help="A language they speak, such as en or he-IL. Repeatable.")],
    phone: Annotated[str | None, typer.Option(help="What rings for them: E.164, sip:… or client:….")] = None,
    skill: Annotated[list[str] | None, typer.Option(help="A skill they have. Repeatable.")] = None,
    expires: Expires = None,
    data: Data = None,
) -> None:
    """Add an agent. The token is the only line on standard output and is shown this once."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> str:
        return await roster.add_agent(
            session,
            name,
            queues=queue,
            languages=language,
            phone=phone,
            skills=skill or (),
            expires_at=end_of(expires, now),
            who=operator(),
            now=now,
        )

    print(in_transaction(work, data=data))


@agent.command("list")
def list_agents(data: Data = None) -> None:
    """Show all agents: presence, queues, languages, and whether they have a task."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> list[AgentStanding]:
        return await roster.roster(session, now=now)

    for each in in_transaction(work, data=data):
        print("\t".join(_columns(each)))


@agent.command()
def revoke(name: Name, data: Data = None) -> None:
    """End all of an agent's tokens and take them off their queues, at once."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> int:
        return await roster.revoke_agent(session, name, who=operator(), now=now)

    print(f"{in_transaction(work, data=data)} tokens ended")


@agent.command()
def token(name: Name, expires: Expires = None, data: Data = None) -> None:
    """Make another token for an agent. It is the only line on standard output; those before it stay."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> str:
        known = await roster.agent_named(session, name)
        return await roster.issue_for(session, known, expires_at=end_of(expires, now), who=operator(), now=now)

    print(in_transaction(work, data=data))


def _columns(each: AgentStanding) -> list[str]:
    known = each.agent
    presence = known.presence if known.pause_code is None else f"{known.presence} ({known.pause_code})"
    work = "idle" if each.task is None else each.task.state
    return [known.name, presence, "here" if each.here else "away", ",".join(each.queues), ",".join(known.languages), work]
