"""The tables of the results as rows of a file: a head of codes, and figures as they are."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.console.csv import Cell
from orchestrator.insights.agent_results import agent_results
from orchestrator.insights.attempt_results import attempt_results
from orchestrator.insights.broken_promises import broken_promises
from orchestrator.insights.day_results import day_results
from orchestrator.insights.funnel import funnels
from orchestrator.insights.not_called import NotCalled
from orchestrator.insights.partner_results import Blame, partner_results
from orchestrator.insights.placing import Stage
from orchestrator.insights.plan_results import plan_results
from orchestrator.insights.promise_results import promise_results
from orchestrator.insights.worth_results import worth_results


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which days, in whose zone, and what rules are called there by name."""

    since: datetime
    until: datetime
    zone: str
    titles: Mapping[str, str]

    def rule(self, name: str) -> tuple[str, str]:
        """Return what stands under `rule` and `rule_title`."""
        return name, self.titles.get(name, name)


Table = tuple[Sequence[str], Iterable[Sequence[Cell]]]

NOT_CALLED = ("customer_id", "subject", "rule", "rule_title", "moment_at", "found_at", "furthest_step", "reason")


def not_called_row(moment: NotCalled, titles: Mapping[str, str]) -> Sequence[Cell]:
    """Return what stands under `NOT_CALLED`: ids and codes, no customer's name and no number."""
    rule = (moment.rule, titles.get(moment.rule, moment.rule))
    times = (_iso(moment.at), _iso(moment.found_at))
    return (str(moment.customer_id), moment.subject, *rule, *times, moment.stage.value, moment.reason)


async def _funnel_table(session: AsyncSession, asked: Asked) -> Table:
    found = await funnels(session, since=asked.since, until=asked.until)
    came = [(*asked.rule(funnel.rule), stage.value, "", funnel.at(stage)) for funnel in found for stage in Stage]
    lost = [
        (*asked.rule(funnel.rule), loss.stage.value, loss.reason, loss.number) for funnel in found for loss in funnel.losses
    ]
    return ("rule", "rule_title", "stage", "lost_by", "moments"), sorted([*came, *lost], key=lambda row: row[0])


async def _promise_table(session: AsyncSession, asked: Asked) -> Table:
    found = await promise_results(session, since=asked.since, until=asked.until)
    rows = [(*asked.rule(each.rule), each.state.value, each.cause, each.number) for each in found]
    return ("rule", "rule_title", "state", "cause", "promises"), rows


async def _worth_table(session: AsyncSession, asked: Asked) -> Table:
    said = {True: "worth", False: "not_worth", None: "not_said"}
    found = await worth_results(session, since=asked.since, until=asked.until)
    return ("rule", "rule_title", "verdict", "disposition", "sub_disposition", "calls"), [
        (*asked.rule(each.rule), said[each.worth], *each.outcome, each.number) for each in found
    ]


async def _plan_table(session: AsyncSession, asked: Asked) -> Table:
    counted = ("customers", "moments", "calls", "messages", "reached", "solved", "alone", "worth", "not_worth")
    figures = (*counted, "share_reached", "share_settled")
    found = await plan_results(session, since=asked.since, until=asked.until)
    rows = [(*asked.rule(each.rule), each.plan.value, *(getattr(each, name) for name in figures)) for each in found]
    return ("rule", "rule_title", "plan", *figures), rows


async def _broken_table(session: AsyncSession, asked: Asked) -> Table:
    times = ("made_at", "due_at", "broken_at", "answered_at")
    found = await broken_promises(session, since=asked.since, until=asked.until)
    head = ("customer_id", "subject", "rule", "rule_title", "cause", *times, "late_by_seconds")
    return head, [
        (
            *(str(each.customer_id), each.subject, *asked.rule(each.rule)),
            each.cause,
            *(_iso(getattr(each, name)) for name in times),
            each.late_by,
        )
        for each in found
    ]


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")


async def _attempt_table(session: AsyncSession, asked: Asked) -> Table:
    found = await attempt_results(session, since=asked.since, until=asked.until, zone=asked.zone)
    rows = [(each.hour, result, number) for each in found for result, number in each.results.items()]
    return ("hour", "result", "attempts"), rows


async def _agent_table(session: AsyncSession, asked: Asked) -> Table:
    counted = ("agent", "name", "offered", "accepted", "rejected", "missed", "done", "solved")
    timed = ("speed_of_answer", "talk", "wrap_up", "handling")
    last = ("occupancy", "not_answering")
    found = await agent_results(session, since=asked.since, until=asked.until)
    head = ("agent", "agent_name", *counted[2:], *(f"{name}_seconds" for name in timed), "occupancy", "not_answering_seconds")
    return head, [tuple(getattr(each, name) for name in (*counted, *timed, *last)) for each in found]


async def _day_table(session: AsyncSession, asked: Asked) -> Table:
    timed = ("speed_of_answer", "handling", "wrap_up")
    head = ("day", "calls", "spoken", "abandoned", "share_abandoned", *(f"{name}_seconds" for name in timed), "occupancy")
    rows = [
        (
            *(each.day.isoformat(), each.placed, each.waited.spoken, each.waited.abandoned, each.waited.share_abandoned),
            *(getattr(each, name) for name in timed),
            each.occupancy,
        )
        for each in await day_results(session, since=asked.since, until=asked.until, zone=asked.zone)
    ]
    return head, rows


async def _partner_table(session: AsyncSession, asked: Asked) -> Table:
    """A line a partner and rule; a partner that caused nothing has one without a rule."""
    measured = ("events", "on_time", "share_on_time", "share_promised", "within_seconds", "middle_seconds", "latest_seconds")
    found = await partner_results(session, since=asked.since, until=asked.until)
    return ("partner", *measured, "rule", "rule_title", "moments", "cases", "calls", "cost_of_calls"), [
        (
            *(each.channel, each.events, each.on_time, each.share, each.promised, each.within, each.middle, each.latest),
            *(asked.rule(blame.rule) if blame.rule else ("", "")),
            *(blame.moments, blame.cases, blame.calls, blame.cost),
        )
        for each in found
        for blame in each.blames or (Blame("", 0, 0, 0, None),)
    ]


TABLES: dict[str, Callable[[AsyncSession, Asked], Awaitable[Table]]] = {
    "funnel": _funnel_table,
    "promises": _promise_table,
    "broken": _broken_table,
    "worth": _worth_table,
    "plans": _plan_table,
    "attempts": _attempt_table,
    "agents": _agent_table,
    "days": _day_table,
    "partners": _partner_table,
}
