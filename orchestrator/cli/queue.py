"""`ringback queue`: where tasks wait."""

from datetime import datetime
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.cli.arguments import Data, length
from orchestrator.cli.one_transaction import in_transaction, operator
from orchestrator.detection.durations import parse_duration, parse_pause
from orchestrator.queueing.queues import Arrangement, QueueStanding, arrange_queue, standings
from orchestrator.settings import Settings

queue = typer.Typer(no_args_is_help=True, add_completion=False, help="Queues: where tasks wait for an agent.")


@queue.command()
def add(
    name: Annotated[str, typer.Argument(help="The queue's name, as rules name it.")],
    calendar: Annotated[str | None, typer.Option(help="Its business hours; always open otherwise.")] = None,
    skill: Annotated[list[str] | None, typer.Option(help="A skill its tasks need. Repeatable.")] = None,
    caller_id: Annotated[str | None, typer.Option(help="The number its calls show, E.164.")] = None,
    pace: Annotated[int | None, typer.Option(min=1, help="At most so many offers a minute.")] = None,
    within: Annotated[str | None, typer.Option(help="How soon a callback is due, such as 3h; by its rule otherwise.")] = None,
    cutoff: Annotated[
        str | None, typer.Option(help="Asked for less than this before closing, it is due after the next opening; such as 2h.")
    ] = None,
    service_percent: Annotated[
        int | None, typer.Option(help="How many of a hundred callbacks agents are asked to begin in time; 80 otherwise.")
    ] = None,
    service_within: Annotated[str | None, typer.Option(help="In what time, such as 10m; 5m otherwise.")] = None,
    outcome: Annotated[
        list[str] | None, typer.Option(help="What its agents choose from after a talk, such as solved/explained. Repeatable.")
    ] = None,
    data: Data = None,
) -> None:
    """Make a queue, or arrange an existing one anew."""
    soon = None if within is None else length(within, parse_duration, field="--within")
    late = None if cutoff is None else length(cutoff, parse_pause, field="--cutoff")
    served = None if service_within is None else length(service_within, parse_duration, field="--service-within")
    arrangement = Arrangement(
        calendar=calendar,
        skills=tuple(skill or ()),
        caller_id=caller_id,
        pace_per_minute=pace,
        callback_within=soon,
        callback_cutoff=late,
        service_percent=service_percent,
        service_within=served,
        outcomes=tuple(outcome or ()),
    )

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> None:
        await arrange_queue(session, name, arrangement, who=operator(), now=now, settings=settings)

    in_transaction(work, data=data)


@queue.command("list")
def list_queues(data: Data = None) -> None:
    """Show all queues: open or not, how many wait, how many agents are there."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> list[QueueStanding]:
        return await standings(session, None, now=now)

    for each in in_transaction(work, data=data):
        state = "switched off" if each.now.switched_off else "open" if each.now.is_open else "closed"
        print("\t".join([each.queue.name, state, f"{each.waiting} waiting", f"{each.on_duty} agents"]))
