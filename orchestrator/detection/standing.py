"""What customers' moments stand at: the live ones as rows, and ledgers to judge new ones by, as the back-test keeps them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, tuple_
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.effects import MomentFound
from orchestrator.detection.in_force import ActiveRules, RuleInForce
from orchestrator.detection.tables import STANDING, Mode, MomentRow, MomentStatus
from orchestrator.detection.turns import Identity
from orchestrator.detection.verdicts import CustomerLedger, LiveMoment, Verdict

_LATE = timedelta(days=1)  # an event may be so late and still join what was live then
Escalated = tuple[UUID, str, str, datetime]  # whose, in which ledger, by which rule, when the last time


class Standing:
    """Live moments and ledgers of some customers, by our own id. A shadow joins what is live; nothing joins a shadow.

    A version that is tried beside the one in force has a ledger of its own, and it is as if it ran in that one's place:
    what that one found since the trial began is not in it, and all that other rules found is. A moment whose message is due
    stands among the rows, as what resolves it takes it away, but in no ledger: nothing joins it.
    """

    def __init__(self, active: ActiveRules, rows: Iterable[MomentRow] = (), escalated: Iterable[Escalated] = ()) -> None:
        self._active = active
        self.live: defaultdict[UUID, list[MomentRow]] = defaultdict(list)
        self._ledgers: defaultdict[UUID, dict[str, CustomerLedger]] = defaultdict(self._blank)
        for row in rows:
            self.live[row.customer_id].append(row)
            if row.status is not MomentStatus.LIVE:
                continue
            own = LiveMoment(active.engine_name(row.rule, row.mode), row.key, row.at, row.expires_at - row.at)
            for name in self._holding(row.rule, row.mode, row.found_at):
                self._ledgers[row.customer_id][name].live.append(own)
        for customer, ledger, rule, at in escalated:
            self._ledgers[customer][ledger].last_escalated[rule] = at

    def judge(self, found: MomentFound, customer: UUID, rule: RuleInForce, *, salt: str, now: datetime) -> Verdict:
        """Return the verdict of a moment that was just found, and enter it."""
        ledgers, own = self._ledgers[customer], rule.rule.name if rule.is_beside else rule.mode.value
        verdict = ledgers[own].judge(found, salt=salt, paused=rule.paused)
        if verdict.is_live and rule.mode is Mode.LIVE:
            live = LiveMoment(found.rule.name, found.key, found.at, found.rule.document.expires)
            for name in self._holding(rule.name, rule.mode, now):
                if name != own:
                    ledgers[name].live.append(live)
        return verdict

    def forget(self, rows: Collection[MomentRow]) -> None:
        """Take rows away that are not live any more."""
        for row in rows:
            if row in self.live[row.customer_id]:
                self.live[row.customer_id].remove(row)
            gone = self._active.engine_name(row.rule, row.mode), row.key, row.at
            for ledger in self._ledgers[row.customer_id].values():
                ledger.live = [m for m in ledger.live if (m.rule, m.key, m.at) != gone]

    def outlived(self, now: datetime) -> list[MomentRow]:
        """Forget and return shadows' moments that expired so long ago that nothing can join them any more."""
        rows = [row for own in self.live.values() for row in own]
        over = [row for row in rows if row.mode is Mode.SHADOW and now - row.expires_at >= _LATE]
        self.forget(over)
        return over

    def _blank(self) -> dict[str, CustomerLedger]:
        names = [*(mode.value for mode in Mode), *(each.rule.name for each in self._active.beside)]
        return {name: CustomerLedger() for name in names}

    def _holding(self, rule: str, mode: Mode, found_at: datetime) -> list[str]:
        """Return the ledgers that a live moment stands in."""
        if mode is Mode.SHADOW:
            name = self._active.engine_name(rule, mode)
            return [mode.value] if name == rule else [name]
        beside = [each.rule.name for each in self._active.beside if each.name != rule or found_at < each.since]
        return [*(mode.value for mode in Mode), *beside]


async def stand(session: AsyncSession, active: ActiveRules, customers: Collection[UUID]) -> Standing:
    """Return how the moments of these customers stand; their locks are held."""
    live = select(MomentRow).where(col(MomentRow.customer_id).in_(customers), col(MomentRow.status).in_(STANDING))
    rows = (await session.exec(live.order_by(col(MomentRow.at)).execution_options(populate_existing=True))).all()
    found = await _escalated(session, customers)
    for rule in active.beside:
        found += await _escalated_beside(session, customers, rule)
    return Standing(active, rows, found)


async def _escalated(session: AsyncSession, customers: Collection[UUID]) -> list[Escalated]:
    query = (
        select(MomentRow.customer_id, MomentRow.mode, MomentRow.rule, func.max(MomentRow.at))
        .where(*_ESCALATED, col(MomentRow.customer_id).in_(customers))
        .group_by(col(MomentRow.customer_id), col(MomentRow.mode), col(MomentRow.rule))
    )
    return [(customer, Mode(mode).value, rule, at) for customer, mode, rule, at in (await session.exec(query)).all()]


async def _escalated_beside(session: AsyncSession, customers: Collection[UUID], rule: RuleInForce) -> list[Escalated]:
    """Return when a version that is tried beside another would have escalated: until the trial began, that one did."""
    tried = and_(col(MomentRow.mode) == Mode.SHADOW, col(MomentRow.found_at) >= rule.since)
    before = and_(col(MomentRow.mode) == Mode.LIVE, col(MomentRow.found_at) < rule.since)
    query = (
        select(MomentRow.customer_id, func.max(MomentRow.at))
        .where(*_ESCALATED, col(MomentRow.customer_id).in_(customers), MomentRow.rule == rule.name, or_(tried, before))
        .group_by(col(MomentRow.customer_id))
    )
    name = rule.rule.name
    return [(customer, name, name, at) for customer, at in (await session.exec(query)).all()]


_ESCALATED = (col(MomentRow.verdict) == Verdict.ESCALATE.value, col(MomentRow.status) != MomentStatus.WITHDRAWN)


async def recorded(
    session: AsyncSession, active: ActiveRules, customers: Collection[UUID], wanted: Collection[Identity]
) -> list[MomentRow]:
    """Return the moments of these customers that have the rule, key and time of one wanted, but for withdrawn ones."""
    if not wanted:
        return []
    places = {(each.rule, each.key, each.at) for each in wanted}
    query = select(MomentRow).where(
        col(MomentRow.customer_id).in_(customers),
        MomentRow.status != MomentStatus.WITHDRAWN,
        tuple_(col(MomentRow.key), col(MomentRow.at)).in_([(key, at) for _, key, at in places]),
    )
    rows = (await session.exec(query)).all()
    return [row for row in rows if (active.engine_name(row.rule, row.mode), row.key, row.at) in places]
