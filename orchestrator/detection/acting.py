"""From what a turn found to moments with a verdict, and to escalations that open, join and end: in the order it happened."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection import anger
from orchestrator.detection.effects import AllMomentsEnded, CustomersMerged, MomentFound, MomentsResolved
from orchestrator.detection.in_force import ActiveRules
from orchestrator.detection.moment_rows import moment_row
from orchestrator.detection.readers import OptedOut
from orchestrator.detection.splits import plan_for
from orchestrator.detection.standing import Standing, recorded, stand
from orchestrator.detection.tables import Mode, MomentRow, MomentStatus
from orchestrator.detection.turns import Identity, Step, Turn
from orchestrator.detection.verdicts import Verdict
from orchestrator.escalations import moments as escalating
from orchestrator.escalations.lifecycle import opt_out
from orchestrator.intake.event import Position
from orchestrator.intake.merging import merge_customers
from orchestrator.intake.tables import CustomerRow, EventRow
from orchestrator.settings import Settings


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings of detection: how long what was found late may not dial, and the salt of the control group."""

    late_grace: timedelta = timedelta(seconds=60)
    holdout_salt: str = ""

    @classmethod
    def of(cls, settings: Settings) -> "Policy":
        return cls(settings.late_grace, settings.holdout_salt)


class Acting:
    """Acts on the turn of one group of customers, whose rows are locked and are given by every subject a step may name."""

    def __init__(
        self,
        session: AsyncSession,
        active: ActiveRules,
        policy: Policy,
        customers: Mapping[str, CustomerRow],
        newcomers: Collection[Position],
        *,
        now: datetime,
    ) -> None:
        self._session, self._active, self._policy, self._now = session, active, policy, now
        self._customers = dict(customers)
        self._newcomers = newcomers
        self._standing = Standing(active)
        self._unheard: list[MomentRow] = []  # found, and not handed on yet: escalations are told of several at once
        self._fresh: set[UUID] = set()
        self._known: set[Identity] = set()

    async def act(self, turn: Turn) -> None:
        """Record and do all that the turn says. What it changed in customers and watches has been written before."""
        await self._stand()
        if turn.recomputed:
            await self._withdraw(turn.withdrawn)
            self._known = await self._recorded(found for found in map(_found, turn.steps) if found is not None)
        for step in turn.steps:
            await self._take(step, turn)
        await self._hand_on()

    async def _take(self, step: Step, turn: Turn) -> None:
        match step.effect:
            case MomentFound() as found:
                if _identity(found) not in self._known:
                    await self._record(found, turn)
            case MomentsResolved(rule=rule, customer=customer, key=key):
                own = [row for row in self._live(customer) if self._engine_name(row) == rule.name]
                rows = [row for row in own if key in (None, row.key)]
                await self._gone(customer, self._before(rows, step, turn), MomentStatus.RESOLVED)
            case AllMomentsEnded(customer=customer):
                await self._gone(customer, self._before(self._live(customer), step, turn), MomentStatus.ENDED)
            case OptedOut(customer=customer):
                await self._hand_on()
                await opt_out(self._session, self._customers[customer], now=self._now)
                await self._gone(customer, self._live(customer), MomentStatus.ENDED)
            case CustomersMerged() as merged:
                await self._hand_on()
                await self._merge(merged)
            case _:
                pass

    def _live(self, subject: str) -> list[MomentRow]:
        return list(self._standing.live[self._customers[subject].id])

    def _before(self, rows: Iterable[MomentRow], step: Step, turn: Turn) -> list[MomentRow]:
        """Keep the moments that come before the step's effect; in order, all that are known do."""
        effect = step.effect
        if not turn.recomputed or not isinstance(effect, MomentsResolved | AllMomentsEnded):
            return list(rows)
        return [
            row
            for row in rows
            if row.id in self._fresh
            or (step.news and (row.at < effect.at or self._identity(row, effect.customer) in step.beside))
        ]

    def _identity(self, row: MomentRow, subject: str) -> Identity:
        return Identity(self._engine_name(row), self._customers[subject].subject, row.key, row.at)

    def _engine_name(self, row: MomentRow) -> str:
        return self._active.engine_name(row.rule, row.mode)

    async def _record(self, found: MomentFound, turn: Turn) -> None:
        rule, customer = self._active.in_force[found.rule.name], self._customers[found.customer]
        if turn.recomputed and customer.attributes.get("do_not_call") is True:
            # Said on the telephone, it stands in no event; what is found only now is judged by it nevertheless.
            found = replace(found, attributes={**found.attributes, "do_not_call": True})
        verdict = self._standing.judge(found, customer.id, rule, salt=self._policy.holdout_salt, now=self._now)
        row = moment_row(
            found,
            rule,
            customer.id,
            verdict,
            now=self._now,
            plan=plan_for(found.rule.document, found.customer, salt=self._policy.holdout_salt),
            not_before=self._now + self._policy.late_grace if self._is_late(found, turn) else None,
            found_by=self._latecomer() if self._is_late(found, turn) else None,
            words=await self._words(found),
        )
        if verdict is Verdict.ESCALATE and rule.mode is Mode.LIVE:
            await self._spare(found.customer)
        self._session.add(row)
        self._fresh.add(row.id)
        if verdict.is_live or row.status is MomentStatus.MESSAGE_DUE:
            self._standing.live[customer.id].append(row)
        if rule.mode is Mode.LIVE:
            self._unheard.append(row)

    async def _spare(self, subject: str) -> None:
        """A person is going to call: what a message was to go out about instead needs none any more."""
        due = [row for row in self._live(subject) if row.status is MomentStatus.MESSAGE_DUE]
        await self._gone(subject, due, MomentStatus.ENDED)

    def _is_late(self, found: MomentFound, turn: Turn) -> bool:
        """Say whether a late event led to it: the next batch of the same upload may yet take it away."""
        last = found.evidence[-1]
        return turn.recomputed or (last in self._newcomers and self._now - last.time > self._policy.late_grace)

    def _latecomer(self) -> str | None:
        """Return the last of the events that brought this turn about, as evidence names it."""
        last = max(self._newcomers, default=None)
        return None if last is None else f"{last.source} {last.id}"

    async def _words(self, found: MomentFound) -> Sequence[str]:
        if found.rule.name not in self._active.said_in_words:
            return ()
        keys = [(position.source, position.id) for position in found.evidence]
        query = select(EventRow.data).where(tuple_(col(EventRow.source), col(EventRow.id)).in_(keys))
        rows = (await self._session.exec(query.order_by(col(EventRow.time)))).all()
        texts = [data["text"] for data in rows if isinstance(data, dict) and isinstance(data.get("text"), str)]
        return list(dict.fromkeys(word for text in texts for word in anger.matched(text)))

    async def _gone(self, subject: str, rows: Sequence[MomentRow], status: MomentStatus) -> None:
        if not rows:
            return
        await self._hand_on()
        await self._end(self._customers[subject], rows, status)

    async def _end(self, customer: CustomerRow, rows: Sequence[MomentRow], status: MomentStatus) -> None:
        for row in rows:
            if row.mode is Mode.SHADOW:
                row.status, row.ended_at = status, self._now
        acted_on = [row for row in rows if row.mode is Mode.LIVE]
        if acted_on:
            await escalating.gone(self._session, customer, acted_on, status, now=self._now)
        self._standing.forget(rows)

    async def _hand_on(self) -> None:
        rows, self._unheard = self._unheard, []
        if not rows:
            return
        await self._session.flush()
        for customer in {row.id: row for row in self._customers.values()}.values():
            own = [row for row in rows if row.customer_id == customer.id]
            if own:
                await escalating.found(self._session, customer, own, now=self._now)

    async def _withdraw(self, withdrawn: Collection[Identity]) -> None:
        rows = await recorded(self._session, self._active, self._ids(), withdrawn)
        for row in rows:
            row.withdrawn_by = self._latecomer()
        for customer in {row.id: row for row in self._customers.values()}.values():
            own = [row for row in rows if row.customer_id == customer.id]
            if own:
                await self._end(customer, own, MomentStatus.WITHDRAWN)
        if rows:
            await self._stand()

    async def _recorded(self, found: Iterable[MomentFound]) -> set[Identity]:
        wanted = {_identity(each) for each in found}
        rows = await recorded(self._session, self._active, self._ids(), wanted)
        subjects = {row.id: row.subject for row in self._customers.values()}
        return {Identity(self._engine_name(row), subjects[row.customer_id], row.key, row.at) for row in rows}

    async def _merge(self, merged: CustomersMerged) -> None:
        kept, other = self._customers[merged.kept], self._customers[merged.other]
        await merge_customers(self._session, kept, other, keyless=self._active.keyless, now=self._now)
        for subject, row in self._customers.items():
            if row.id == other.id:
                self._customers[subject] = kept
        await self._stand()

    async def _stand(self) -> None:
        self._standing = await stand(self._session, self._active, self._ids())
        for row in self._standing.outlived(self._now):
            row.status, row.ended_at = MomentStatus.EXPIRED, self._now

    def _ids(self) -> list[UUID]:
        return [row.id for row in {row.id: row for row in self._customers.values()}.values()]


def _found(step: Step) -> MomentFound | None:
    return step.effect if isinstance(step.effect, MomentFound) else None


def _identity(found: MomentFound) -> Identity:
    return Identity(found.rule.name, found.customer, found.key, found.at)
