"""Back-tests as supervisors ask for them, look at them and call them off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import defer
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.backtests.tables import UNFINISHED, BacktestRow, BacktestState
from orchestrator.errors import BadInput, Conflict, NoSuch
from orchestrator.identity.changes import Who, note_change
from orchestrator.rule_life.checking import read_aside
from orchestrator.rule_life.listing import rule_record
from orchestrator.rule_life.versions import latest_number, version_of
from orchestrator.storage.columns import Json
from orchestrator.storage.outbox import backtest_row, post

KEPT = 20  # of each rule; older ones go when another is asked for
_MOST_UNFINISHED = 5  # of each rule
_LONGEST = timedelta(days=366)


class TooManyBacktests(Conflict):
    """As many back-tests of this rule wait or run as there may be."""

    code = "too_many_backtests"


@dataclass(frozen=True, slots=True)
class Question:
    """What to try, and over which time: moments in `[since, until]` count. `document` goes before `version`; neither: the
    newest version. `until` None: now.
    """

    since: datetime
    until: datetime | None = None
    version: int | None = None
    document: str | None = None


async def ask_backtest(
    session: AsyncSession, name: str, question: Question, *, author: str, who: Who, now: datetime
) -> BacktestRow:
    """Write down a back-test that runs when its turn comes. Raises `NoSuch`, `BadInput`, `BadRuleFile`, `TooManyBacktests`."""
    rule = (await rule_record(session, name)).rule
    until = question.until or now
    _check_period(question.since, until, now)
    version, document = await _trial(session, name, question)
    await _make_room(session, rule.name)
    row = BacktestRow(rule=name, version=version, document=document, since=question.since, until=until, asked_by=author)
    row.asked_at = now
    session.add(row)
    await session.flush()
    await post(session, [backtest_row(row.id, at=now)])
    await note_change(session, who=who, what="backtest.asked", subject=name, before=None, after=_told(row), now=now)
    return row


async def call_off_backtest(session: AsyncSession, name: str, backtest_id: UUID, *, who: Who, now: datetime) -> BacktestRow:
    """Let a back-test not be run, or not to its end. One that is over stays as it is. Raises `NoSuch`."""
    row = await backtest_of(session, name, backtest_id, locked=True)
    if row.state.is_over:
        return row
    before = _told(row)
    row.state, row.ended_at, row.progress = BacktestState.CANCELLED, now, None
    session.add(row)
    await session.flush()
    await note_change(session, who=who, what="backtest.cancelled", subject=name, before=before, after=_told(row), now=now)
    await post(session, [backtest_row(row.id, at=now)])  # its process ends, and wakes the next
    return row


async def backtest_of(session: AsyncSession, name: str, backtest_id: UUID, *, locked: bool = False) -> BacktestRow:
    """Return a back-test of this very rule. Raises `NoSuch`."""
    query = select(BacktestRow).where(BacktestRow.id == backtest_id, BacktestRow.rule == name)
    row = (await session.exec(query.with_for_update() if locked else query)).first()
    if row is None:
        raise NoSuch(f"there is no back-test {backtest_id} of the rule {name}")
    return row


async def backtests_of(session: AsyncSession, name: str) -> Sequence[BacktestRow]:
    """Return a rule's back-tests, the latest first, without what they found."""
    query = select(BacktestRow).where(BacktestRow.rule == name).order_by(col(BacktestRow.asked_at).desc())
    return (await session.exec(query.options(defer(BacktestRow.result, raiseload=True)))).all()  # type: ignore[arg-type]


async def counts_of(session: AsyncSession, name: str) -> dict[UUID, tuple[int, int]]:
    """Return the moments and the calls of each of a rule's back-tests that is done, by its id."""
    figures = col(BacktestRow.result)["figures"]
    counts = figures["moments"].as_integer(), func.coalesce(figures["verdicts"]["escalate"].as_integer(), 0)
    query = select(BacktestRow.id, *counts).where(BacktestRow.rule == name, BacktestRow.state == BacktestState.DONE)
    return {id: (moments, calls) for id, moments, calls in (await session.exec(query)).all()}


def _check_period(since: datetime, until: datetime, now: datetime) -> None:
    if until > now:
        raise BadInput("the period ends in the future", field="until", fix="leave it out, or name a time that has passed")
    if since >= until:
        raise BadInput("the period begins after its end", field="from", fix="name an earlier beginning")
    if until - since > _LONGEST:
        raise BadInput("the period is longer than a year", field="from", fix="name a later beginning")


async def _trial(session: AsyncSession, name: str, question: Question) -> tuple[int | None, str]:
    if question.document is None:
        version = question.version or await latest_number(session, name)
        return version, (await version_of(session, name, version)).document
    file = await read_aside(question.document.encode(), name="document")
    if file.rule.name != name:
        raise BadInput(f"the document is of the rule {file.rule.name}", field="document", fix=f"write rule: {name}")
    return None, file.text


async def _make_room(session: AsyncSession, name: str) -> None:
    """Let the oldest go that are over, so that with one more there are no more than are kept."""
    own = BacktestRow.rule == name
    unfinished = select(func.count()).where(own, col(BacktestRow.state).in_(UNFINISHED))
    if (await session.exec(unfinished)).one() >= _MOST_UNFINISHED:
        detail = f"{_MOST_UNFINISHED} back-tests of the rule {name} wait or run"
        raise TooManyBacktests(detail, fix="wait until one is done, or cancel one")
    newest = select(BacktestRow.id).where(own).order_by(col(BacktestRow.asked_at).desc()).limit(KEPT - 1)
    over = col(BacktestRow.state).not_in(UNFINISHED)
    gone = delete(BacktestRow).where(own, over, col(BacktestRow.id).not_in(newest))  # type: ignore[arg-type]  # a column's test
    await (await session.connection()).execute(gone)


def _told(row: BacktestRow) -> Json:
    return {
        "id": str(row.id),
        "state": BacktestState(row.state).value,
        "version": row.version,
        "from": row.since.isoformat(),
        "until": row.until.isoformat(),
    }
