"""`ringback rules`: what runs, what will begin to dial, and what stops."""

import getpass
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.cli.one_transaction import Data, Work, in_transaction, operator
from orchestrator.cli.rules_cases import run_cases
from orchestrator.cli.rules_lint import lint
from orchestrator.detection.rule_files import read_rule_files
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.tables import RuleRow, RuleState, RuleVersionRow
from orchestrator.errors import BadInput, NoSuch
from orchestrator.rule_life import publishing
from orchestrator.rule_life.publishing import Published
from orchestrator.settings import Settings

Result = TypeVar("Result")

rules = typer.Typer(no_args_is_help=True, help="Rules: lint, test, publish, list, pause, resume, retire.")
rules.command("lint")(lint)
rules.command("test")(run_cases)

Name = Annotated[str, typer.Argument(help="Name of the rule.")]
Directory = Annotated[Path, typer.Argument(help="Directory of rule files, one rule each.")]
Author = Annotated[str | None, typer.Option(help="Who publishes; the system's user otherwise.")]


@rules.command("publish")
def publish(directory: Directory, author: Author = None, data: Data = None) -> None:
    """Publish every rule of a directory and name what will begin to dial."""
    files = read_rule_files(directory)

    async def work(session: AsyncSession, now: datetime, _: Settings) -> list[Published]:
        return await publishing.publish(session, files, author=author or getpass.getuser(), who=operator(), now=now)

    for published in in_transaction(work, data=data):
        print(_line(published))


@rules.command("list")
def list_(data: Data = None) -> None:
    """List the rules: name, state, version, and since when it sees events."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> list[tuple[RuleRow, RuleVersionRow]]:
        return await publishing.list_rules(session)

    for row, _ in in_transaction(work, data=data):
        print(row.name, RuleState(row.state).value, f"v{row.version}", f"since {row.since:%Y-%m-%dT%H:%M:%SZ}", sep="\t")


@rules.command("pause")
def pause(name: Name, data: Data = None) -> None:
    """Stop detecting: deadlines that pass meanwhile are recorded and reach nobody."""
    in_transaction(_known(lambda session, now: publishing.pause(session, name, who=operator(), now=now)), data=data)
    print(f"{name}: paused")


@rules.command("resume")
def resume(name: Name, data: Data = None) -> None:
    """Detect again what arrives from now on."""
    in_transaction(_known(lambda session, now: publishing.resume(session, name, who=operator(), now=now)), data=data)
    print(f"{name}: published")


@rules.command("retire")
def retire(name: Name, data: Data = None) -> None:
    """End a rule; open escalations go on, open watches are dropped."""
    dropped = in_transaction(_known(lambda session, now: publishing.retire(session, name, who=operator(), now=now)), data=data)
    print(f"{name}: retired, {dropped} open watches dropped")


def _known(work: Callable[[AsyncSession, datetime], Awaitable[Result]]) -> Work[Result]:
    """Turn the name of a rule that does not exist into bad input, which it is on a command line."""

    async def checked(session: AsyncSession, now: datetime, _: Settings) -> Result:
        try:
            return await work(session, now)
        except NoSuch as error:
            raise BadInput(str(error), field="rule", fix="see `ringback rules list`") from None

    return checked


def _line(published: Published) -> str:
    parts = [f"{published.rule.name} v{published.version}"]
    if published.begins_to_dial:
        parts.append(f"WILL BEGIN TO DIAL ({plan_in_words(published.rule.document)})")
    elif published.before is not RuleState.PUBLISHED:
        parts.append("will begin to send messages")
    else:
        parts.append("new version" if published.is_new_version else "unchanged")
    if published.dropped:
        parts.append(f"{published.dropped} open watches dropped")
    return ": ".join(parts[:2]) + "".join(f", {part}" for part in parts[2:])


def plan_in_words(document: RuleDocument) -> str:
    """Return the steps of a rule as `callback to sales, call to sales, message finish-link`."""
    words = []
    for step in document.steps:
        if step.callback is not None:
            words.append(f"callback to {step.callback.queue}")
        elif step.call is not None:
            words.append(f"call to {step.call.queue}")
        elif step.message is not None:
            words.append(f"message {step.message.template}")
    return ", ".join(words)
