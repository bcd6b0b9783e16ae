"""`ringback rules`: what runs, what will begin to dial, and what stops."""

import getpass
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.cli.arguments import Data
from orchestrator.cli.one_transaction import in_transaction, operator, with_database
from orchestrator.cli.rules_cases import run_cases
from orchestrator.cli.rules_compare import compare
from orchestrator.cli.rules_lint import lint
from orchestrator.cli.rules_naming import Name, known
from orchestrator.cli.rules_pausing import Fate, OpenCases, PauseReason, demand_reason, what_becomes
from orchestrator.cli.rules_versions import diff, export, rollback
from orchestrator.detection.durations import format_share
from orchestrator.detection.lint.findings import Finding
from orchestrator.detection.rule_files import read_rule_files
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.steps import Step
from orchestrator.detection.tables import RuleRow, RuleState, RuleVersionRow
from orchestrator.rule_life import listing, publishing, states
from orchestrator.rule_life.checking import check, demand
from orchestrator.rule_life.deciding import demand_approval
from orchestrator.rule_life.open_cases import count_open, take_back_open
from orchestrator.rule_life.publishing import Published
from orchestrator.rule_life.versions import same_version
from orchestrator.settings import Settings
from orchestrator.storage.database import Database

rules = typer.Typer(no_args_is_help=True, help="Rules: lint, test, publish, compare, roll back, pause, retire.")
rules.command("lint")(lint)
rules.command("test")(run_cases)
rules.command("diff")(diff)
rules.command("compare")(compare)
rules.command("export")(export)
rules.command("rollback")(rollback)

Directory = Annotated[Path, typer.Argument(help="Directory of rule files, one rule each.")]
Author = Annotated[str | None, typer.Option(help="Who publishes; the system's user otherwise.")]
Reason = Annotated[str, typer.Option(help="Why: it stays with each case and in the audit.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask about warnings.")]


@rules.command("publish")
def publish(directory: Directory, author: Author = None, yes: Yes = False, data: Data = None) -> None:
    """Publish every rule of a directory and name what will begin to dial. Nothing is published when the lint finds an error."""
    files = read_rule_files(directory)

    async def look(session: AsyncSession, now: datetime, settings: Settings) -> list[Finding]:
        return await check(session, files, settings=settings, now=now)

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> list[Published]:
        done = await publishing.publish(session, files, author=author or getpass.getuser(), who=operator(), now=now)
        for file in files:
            version = await same_version(session, file)
            assert version is not None  # it was just published
            demand_approval(version, settings)
        return done

    _confirm(in_transaction(look, data=data), yes=yes)
    for published in in_transaction(work, data=data):
        print(_line(published))


def _confirm(findings: list[Finding], *, yes: bool) -> None:
    """Show what the lint says, and ask whether to go on where somebody sits there to be asked."""
    demand(findings, confirmed=True)
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings and not yes and sys.stdin.isatty():
        typer.confirm("Publish with these warnings?", abort=True)


@rules.command("list")
def list_(data: Data = None) -> None:
    """List the rules: name, state, version, and since when it sees events."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> list[tuple[RuleRow, RuleVersionRow]]:
        return await listing.list_rules(session)

    for row, _ in in_transaction(work, data=data):
        print(row.name, RuleState(row.state).value, f"v{row.version}", f"since {row.since:%Y-%m-%dT%H:%M:%SZ}", sep="\t")


@rules.command("pause")
def pause(name: Name, open_cases: OpenCases = None, reason: PauseReason = None, data: Data = None) -> None:
    """Stop detecting: deadlines that pass meanwhile are recorded and reach nobody. Its open cases are finished or withdrawn."""
    demand_reason(open_cases, reason)

    async def work(session: AsyncSession, now: datetime, _: Settings) -> int:
        await states.pause(session, name, who=operator(), now=now)
        return await count_open(session, name)

    left = in_transaction(known(work), data=data)
    fate, why = what_becomes(left, open_cases, reason)
    if fate is Fate.WITHDRAW:
        print(f"{name}: paused, {_take_back(name, why, data)} open cases taken back")
    else:
        print(f"{name}: paused" + (f", {left} open cases go on unless they are withdrawn" if left else ""))


@rules.command("withdraw")
def withdraw(name: Name, reason: Reason, data: Data = None) -> None:
    """Take back the open cases that this rule alone wants, one after another; who was promised a call is told."""
    in_transaction(known(lambda session, now, _: listing.rule_record(session, name)), data=data)
    print(f"{name}: {_take_back(name, reason, data)} open cases taken back")


def _take_back(name: str, reason: str, data: Path | None) -> int:
    async def work(database: Database, settings: Settings) -> int:
        return await take_back_open(database, name, reason=reason, who=operator(), settings=settings)

    return with_database(work, data=data)


@rules.command("resume")
def resume(name: Name, data: Data = None) -> None:
    """Detect again what arrives from now on."""
    in_transaction(known(lambda session, now, _: states.resume(session, name, who=operator(), now=now)), data=data)
    print(f"{name}: published")


@rules.command("retire")
def retire(name: Name, data: Data = None) -> None:
    """End a rule; open escalations go on, open watches are dropped."""
    dropped = in_transaction(known(lambda session, now, _: states.retire(session, name, who=operator(), now=now)), data=data)
    print(f"{name}: retired, {dropped} open watches dropped")


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
    """Return the steps of a rule as `callback to sales, call to sales, message finish-link`; with a split, both plans."""
    words = ", ".join(_step_in_words(step) for step in document.steps)
    if document.split is None:
        return words
    others = ", ".join(_step_in_words(step) for step in document.split.steps)
    return f"plan A: {words}; plan B, {format_share(document.split.share)} of customers: {others}"


def _step_in_words(step: Step) -> str:
    if step.callback is not None:
        return f"callback to {step.callback.queue}"
    if step.call is not None:
        return f"call to {step.call.queue}"
    return f"message {step.message.template}" if step.message is not None else ""
