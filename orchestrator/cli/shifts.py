"""`ringback shifts`: who is meant to be on duty when."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.zones import zone as checked_zone
from orchestrator.cli.arguments import Data, file_bytes
from orchestrator.cli.one_transaction import in_transaction, operator
from orchestrator.queueing.rota import Change, bring_in, changes_of
from orchestrator.queueing.rota_files import read_rota
from orchestrator.queueing.shift_plans import read_shifts
from orchestrator.queueing.shifts import Planned, all_shifts, save_shifts, shifts_of
from orchestrator.settings import Settings

shifts = typer.Typer(no_args_is_help=True, add_completion=False, help="Shift plans: who is meant to be on duty when.")


@shifts.command()
def put(
    file: Annotated[Path, typer.Argument(help="The plan as YAML; its `shifts` is the agent's name.")], data: Data = None
) -> None:
    """Save an agent's shift plan; it is in force at once."""
    document = file_bytes(file, field="FILE")
    name = read_shifts(document, name=str(file)).agent

    async def work(session: AsyncSession, now: datetime, _: Settings) -> int:
        return (await save_shifts(session, name, document, who=operator(), now=now)).version

    print(f"{name}: version {in_transaction(work, data=data)}")


@shifts.command()
def show(
    agent: Annotated[str | None, typer.Argument(help="Whose plan; a line for everybody's otherwise.")] = None, data: Data = None
) -> None:
    """Show an agent's plan as it was saved, or who has one."""

    async def work(session: AsyncSession, _: datetime, __: Settings) -> list[Planned]:
        return await all_shifts(session) if agent is None else [await shifts_of(session, agent)]

    for each in in_transaction(work, data=data):
        if agent is not None:
            print(each.row.document, end="")
        else:
            print("\t".join([each.agent.name, f"version {each.row.version}", each.plan.document.zone, ", ".join(each.queues)]))


@shifts.command("import")
def import_rota(
    file: Annotated[Path, typer.Argument(help="CSV: agent,date,from,to; a line a shift, empty times for a day off.")],
    zone: Annotated[str | None, typer.Option(help="The zone of agents who have no plan yet.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only show what would change.")] = False,
    data: Data = None,
) -> None:
    """Bring a rota into its agents' plans: the dates it names are as it says, all others stay. All of it or nothing."""
    rota = read_rota(file_bytes(file, field="FILE"))
    known = None if zone is None else checked_zone(zone).key

    async def work(session: AsyncSession, now: datetime, _: Settings) -> list[Change]:
        found = await changes_of(session, rota, zone=known)
        if not check:
            await bring_in(session, found, who=operator(), now=now)
        return found

    changes = in_transaction(work, data=data)
    for change in changes:
        days = ", ".join(f"{day} {' '.join(change.after.days[day]) or 'off'}" for day in change.dates)
        print(f"{change.agent}\t{days}")
    print("nothing changes" if not changes else f"{len(changes)} plans {'would change' if check else 'changed'}")
