"""Caps and budgets as supervisors change them, in force at once. Nobody overwrites what they have not seen."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.limit_tables import LimitsRow
from orchestrator.availability.limits import CapRule, LimitsDocument, read_limits
from orchestrator.detection.tables import RuleRow
from orchestrator.errors import BadInput, Faults, Stale, Unseen
from orchestrator.identity.changes import Who, note_change
from orchestrator.queueing.saved_texts import since_seen
from orchestrator.queueing.seen import Seen
from orchestrator.queueing.tables import QueueRow
from orchestrator.queueing.waking import wake
from orchestrator.settings import Settings
from orchestrator.storage.columns import Json

_CURRENT = select(LimitsRow).where(LimitsRow.id == 1).execution_options(populate_existing=True)


class LimitsUnseen(Unseen):
    def __init__(self) -> None:
        fix = "send the ETag of the limits as they were read"
        super().__init__("limits are changed only by who says what they saw of them", fix=fix)


class LimitsChanged(Stale):
    code = "stale_limits"


@dataclass(frozen=True, slots=True)
class InForce:
    """The limits that hold now. `version` 0: nobody has saved any, and the caps are those of the setting."""

    document: LimitsDocument
    text: str
    version: int
    changed_at: datetime | None

    @property
    def tag(self) -> str:
        return f'"{self.version}"'


async def limits_in_force(session: AsyncSession, settings: Settings) -> InForce:
    """Return what holds in this transaction."""
    return _told((await session.exec(_CURRENT)).one(), settings)


async def save_limits(
    session: AsyncSession, raw: bytes, *, seen: str | None, who: Who, now: datetime, settings: Settings
) -> InForce:
    """Save the limits' YAML (or JSON) as their next version. `seen` is the tag of what the author saw; `*` takes any.

    Raises `LimitsUnseen`, `LimitsChanged`, and `BadInput` with field and fix.
    """
    if seen is None:
        raise LimitsUnseen
    await _check_names(session, read_limits(raw))
    row = (await session.exec(_CURRENT.with_for_update())).one()
    before, text = _told(row, settings), raw.decode("utf-8-sig")
    if not Seen(seen).fits(row.version):
        raise LimitsChanged("the limits were changed meanwhile", tag=before.tag, difference=await _since(session, seen, row))
    if row.document == text:
        return before
    row.document, row.version, row.changed_at = text, row.version + 1, now
    session.add(row)
    await session.flush()
    after = _told(row, settings)
    await note_change(
        session, who=who, what="limits.saved", subject="limits", before=_json(before), after=_json(after), now=now
    )
    await wake(session, now=now, settings=settings)
    return after


async def _since(session: AsyncSession, seen: str, row: LimitsRow) -> str:
    told = {"what": "limits.saved", "subject": "limits", "named": "limits"}
    return await since_seen(session, Seen(seen), **told, version=row.version, text=row.document)


def _told(row: LimitsRow, settings: Settings) -> InForce:
    if row.version == 0:
        return InForce(_by_setting(settings), "", 0, None)
    return InForce(_parsed(row.document), row.document, row.version, row.changed_at)


def _by_setting(settings: Settings) -> LimitsDocument:
    return LimitsDocument(caps=[CapRule(limit=cap.limit, within=cap.within) for cap in settings.caps])


def _json(known: InForce) -> Json:
    return {"version": known.version, "document": known.text}


@lru_cache(maxsize=64)
def _parsed(text: str) -> LimitsDocument:
    return read_limits(text.encode())


async def _check_names(session: AsyncSession, document: LimitsDocument) -> None:
    """Raise `BadInput` for each queue and rule that does not exist."""
    queues = set((await session.exec(select(QueueRow.name))).all())
    rules = set((await session.exec(select(RuleRow.name))).all())
    faults = Faults()
    for place, cap in enumerate(document.caps):
        with faults:
            _check_name(cap.rule, rules, f"caps[{place}].rule")
    for place, budget in enumerate(document.budgets):
        with faults:
            _check_name(budget.queue, queues, f"budgets[{place}].queue")
        with faults:
            _check_name(budget.rule, rules, f"budgets[{place}].rule")
    faults.settle()


def _check_name(name: str | None, known: Collection[str], field: str) -> None:
    if name is not None and name not in known:
        raise BadInput(f"{field} names none there is", field=field, fix="name one that exists, or leave it out")
