"""Back-tests of a rule: asked for, looked at, called off. They run one at a time, in the order they were asked for."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime, ConfigDict, Field

from api.dependencies import DatabaseDep, Session, Supervisor, idempotent
from api.rule_views import RuleName
from api.schemas import Body, Text, View
from api.transactions import Transactional
from orchestrator.backtests import asking
from orchestrator.backtests.asking import Question
from orchestrator.backtests.tables import BacktestState
from orchestrator.rule_life.listing import rule_record

router = APIRouter(
    prefix="/v1/rules/{name}/backtests", tags=["rules"], route_class=Transactional, dependencies=[Depends(idempotent)]
)


class Asked(Body):
    """Moments in the period count; what happened before `from` is applied all the same. `until` is now where none is named.

    A `document` goes before a `version`; the newest version is tried where neither is named.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 3, "from": "2026-03-01T00:00:00Z"}]})

    since: Annotated[AwareDatetime, Field(alias="from")]
    until: AwareDatetime | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    document: Annotated[Text, Field(max_length=300_000)] | None = None


class Progress(View):
    """What the back-test is doing: `done` of `of` events; `of` is null where nobody knows yet."""

    phase: str
    done: int
    of: int | None


class BacktestView(View):
    """`version` is null for a document that was not saved."""

    id: UUID
    rule: str
    version: int | None
    since: datetime = Field(serialization_alias="from")
    until: datetime
    asked_by: str
    asked_at: datetime
    state: BacktestState
    progress: Progress | None
    ended_at: datetime | None


class WholeBacktestView(BacktestView):
    """`result` is there once it is done. Its samples name customers by our ids."""

    document: str
    result: dict[str, Any] | None  # Any: figures as the back-test's own files have them


@router.post("", status_code=202, summary="Try a version, or a document, on what is recorded: what it would have found")
async def ask_backtest(
    name: RuleName, body: Asked, response: Response, by: Supervisor, session: Session, database: DatabaseDep
) -> BacktestView:
    question = Question(body.since, body.until, body.version, body.document)
    now = await database.clock.now(session)
    row = await asking.ask_backtest(session, name, question, author=by.author, who=by.who, now=now)
    response.headers["Location"] = f"/v1/rules/{name}/backtests/{row.id}"
    return BacktestView.model_validate(row)


@router.get("", summary="A rule's back-tests, the latest first, without what they found")
async def list_backtests(name: RuleName, _: Supervisor, session: Session) -> list[BacktestView]:
    await rule_record(session, name)
    return [BacktestView.model_validate(row) for row in await asking.backtests_of(session, name)]


@router.get("/{backtest_id}", summary="How far a back-test is, or what it found")
async def show_backtest(name: RuleName, backtest_id: UUID, _: Supervisor, session: Session) -> WholeBacktestView:
    return WholeBacktestView.model_validate(await asking.backtest_of(session, name, backtest_id))


@router.post("/{backtest_id}/cancellation", status_code=202, summary="Let a back-test not be run, or not to its end")
async def call_off_backtest(
    name: RuleName, backtest_id: UUID, by: Supervisor, session: Session, database: DatabaseDep
) -> BacktestView:
    now = await database.clock.now(session)
    row = await asking.call_off_backtest(session, name, backtest_id, who=by.who, now=now)
    return BacktestView.model_validate(row)
