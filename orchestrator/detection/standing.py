"""What customers' moments stand at: the live ones as rows, and ledgers to judge new ones by, as the back-test keeps them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import tuple_
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.effects import MomentFound
from orchestrator.detection.in_force import RuleInForce
from orchestrator.detection.tables import Mode, MomentRow, MomentStatus
from orchestrator.detection.turns import Identity
from orchestrator.detection.verdicts import CustomerLedger, LiveMoment, Verdict

_LATE = timedelta(days=1)  # an event may be so late and still join what was live then


class Standing:
    """Live moments and ledgers of some customers, by our own id. A shadow joins what is live; nothing joins a shadow."""

    def __init__(self, rows: Iterable[MomentRow] = (), escalated: Iterable[tuple[UUID, Mode, str, datetime]] = ()) -> None:
        self.live: defaultdict[UUID, list[MomentRow]] = defaultdict(list)
        self._ledgers: defaultdict[tuple[UUID, Mode], CustomerLedger] = defaultdict(CustomerLedger)
        for row in rows:
            self.live[row.customer_id].append(row)
            self._enter(row.customer_id, row.mode, LiveMoment(row.rule, row.key, row.at, row.expires_at - row.at))
        for customer, mode, rule, at in escalated:
            self._ledgers[customer, mode].last_escalated[rule] = at

    def judge(self, found: MomentFound, customer: UUID, rule: RuleInForce, *, salt: str) -> Verdict:
        """Return the verdict of a moment that was just found, and enter it."""
        verdict = self._ledgers[customer, rule.mode].judge(found, salt=salt, paused=rule.paused)
        if verdict.is_live and rule.mode is Mode.LIVE:
            live = LiveMoment(found.rule.name, found.key, found.at, found.rule.document.expires)
            self._ledgers[customer, Mode.SHADOW].live.append(live)
        return verdict

    def forget(self, rows: Collection[MomentRow]) -> None:
        """Take rows away that are not live any more."""
        for row in rows:
            if row in self.live[row.customer_id]:
                self.live[row.customer_id].remove(row)
            for mode in Mode:
                ledger = self._ledgers[row.customer_id, mode]
                ledger.live = [m for m in ledger.live if (m.rule, m.key, m.at) != (row.rule, row.key, row.at)]

    def outlived(self, now: datetime) -> list[MomentRow]:
        """Forget and return shadows' moments that expired so long ago that nothing can join them any more."""
        rows = [row for own in self.live.values() for row in own]
        over = [row for row in rows if row.mode is Mode.SHADOW and now - row.expires_at >= _LATE]
        self.forget(over)
        return over

    def _enter(self, customer: UUID, mode: Mode, moment: LiveMoment) -> None:
        for ledger in (Mode.LIVE, Mode.SHADOW) if mode is Mode.LIVE else (Mode.SHADOW,):
            self._ledgers[customer, ledger].live.append(moment)


async def stand(session: AsyncSession, customers: Collection[UUID]) -> Standing:
    """Return how the moments of these customers stand; their locks are held."""
    live = select(MomentRow).where(col(MomentRow.customer_id).in_(customers), MomentRow.status == MomentStatus.LIVE)
    escalated = (
        select(MomentRow.customer_id, MomentRow.mode, MomentRow.rule, func.max(MomentRow.at))
        .where(col(MomentRow.customer_id).in_(customers), MomentRow.verdict == Verdict.ESCALATE.value)
        .where(MomentRow.status != MomentStatus.WITHDRAWN)
        .group_by(col(MomentRow.customer_id), col(MomentRow.mode), col(MomentRow.rule))
    )
    rows = (await session.exec(live.order_by(col(MomentRow.at)).execution_options(populate_existing=True))).all()
    found = [(customer, Mode(mode), rule, at) for customer, mode, rule, at in (await session.exec(escalated)).all()]
    return Standing(rows, found)


async def recorded(session: AsyncSession, customers: Collection[UUID], wanted: Collection[Identity]) -> list[MomentRow]:
    """Return the moments of these customers that have the rule, key and time of one wanted, but for withdrawn ones."""
    if not wanted:
        return []
    places = [(identity.rule, identity.key, identity.at) for identity in wanted]
    query = select(MomentRow).where(
        col(MomentRow.customer_id).in_(customers),
        MomentRow.status != MomentStatus.WITHDRAWN,
        tuple_(col(MomentRow.rule), col(MomentRow.key), col(MomentRow.at)).in_(places),
    )
    return list((await session.exec(query)).all())
