"""The rules in force as the database has them, compiled once and kept until a change raises the rulebook's revision."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.in_force import ActiveRules, RuleInForce, deaf, watching
from orchestrator.detection.rule_files import read_rule
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.tables import STANDING, Mode, MomentRow, RulebookRow, RuleRow, RuleState, RuleVersionRow
from orchestrator.errors import NoSuch

_IN_FORCE = (RuleState.SHADOW, RuleState.PUBLISHED, RuleState.PAUSED)


class RuleLibrary:
    """One per process: compiled versions by (rule, version), and the rules in force of the last revision seen."""

    def __init__(self) -> None:
        self._versions: dict[tuple[str, int], CompiledRule] = {}
        self._compiling = asyncio.Lock()
        self._active = ActiveRules(-1, Rulebook(()), {})

    async def active(self, session: AsyncSession, *, revision: int | None = None) -> ActiveRules:
        """Return the rules in force in the caller's transaction; with `revision`, just read in it, without asking again."""
        if revision is None:
            revision = (await session.exec(select(RulebookRow.revision))).first() or 0
        if self._active.revision != revision:
            self._active = await self._read(session, revision)
        return self._active

    async def version(self, session: AsyncSession, name: str, version: int) -> RuleDocument:
        """Return a version's document; versions never change. Raises `NoSuch`."""
        return (await self.compiled(session, name, version)).document

    async def compiled(self, session: AsyncSession, name: str, version: int) -> CompiledRule:
        """Return a version ready to run. Raises `NoSuch`."""
        if (name, version) not in self._versions:
            row = await session.get(RuleVersionRow, (name, version))
            if row is None:
                raise NoSuch(f"there is no version {version} of a rule {name}")
            # Compiling a large rule takes seconds: others are served meanwhile. All who came while the rules were unknown
            # arrive here together, and only the first of them compiles.
            async with self._compiling:
                if (name, version) not in self._versions:
                    named = f"{name} version {version}"
                    self._versions[name, version] = await asyncio.to_thread(read_rule, row.document.encode(), name=named)
        return self._versions[name, version]

    async def _read(self, session: AsyncSession, revision: int) -> ActiveRules:
        rows = (await session.exec(select(RuleRow).where(col(RuleRow.state).in_(_IN_FORCE)))).all()
        in_force = {row.name: _in_force(row, await self.compiled(session, row.name, row.version)) for row in rows}
        in_force |= {each.rule.name: each for row in rows if (each := await self._beside(session, row)) is not None}
        return ActiveRules(
            revision=revision,
            rulebook=Rulebook(known.rule for known in in_force.values()),
            in_force=in_force,
            strays=await self._strays(session, in_force),
            said_in_words=frozenset(name for name, known in in_force.items() if _looks_for_words(known.rule)),
        )

    async def _beside(self, session: AsyncSession, row: RuleRow) -> RuleInForce | None:
        if row.shadow_version is None or row.shadow_since is None:
            return None
        return RuleInForce.beside(
            await self.compiled(session, row.name, row.shadow_version), row.shadow_version, row.shadow_since
        )

    async def _strays(self, session: AsyncSession, in_force: Mapping[str, RuleInForce]) -> tuple[Rulebook, ...]:
        live = select(MomentRow.rule, MomentRow.version).where(col(MomentRow.status).in_(STANDING)).distinct()
        running = {(each.name, each.version) for each in in_force.values()}
        known = (await session.exec(live)).all()
        found = [await self.compiled(session, *each) for each in known if tuple(each) not in running]
        return tuple(Rulebook([replace(rule, detector=deaf(rule.detector))]) for rule in found if rule.resolve)


def _in_force(row: RuleRow, rule: CompiledRule) -> RuleInForce:
    paused = row.state is RuleState.PAUSED
    pauses = [(datetime.fromisoformat(begin), datetime.fromisoformat(end) if end else None) for begin, end in row.pauses]
    return RuleInForce(
        rule=replace(rule, detector=watching(rule.detector)) if paused else rule,
        version=row.version,
        mode=Mode.SHADOW if row.state is RuleState.SHADOW else Mode.LIVE,
        since=row.since,
        pauses=tuple(pauses),
        paused=paused,
    )


def _looks_for_words(rule: CompiledRule) -> bool:
    return "anger(" in rule.document.model_dump_json()


_RAISE = text(
    "INSERT INTO rulebook (id, revision) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET revision = rulebook.revision + 1"
)


async def raise_revision(session: AsyncSession) -> None:
    """Make every process read the rules, calendars and queues anew. Writers of them wait for each other here."""
    await (await session.connection()).execute(_RAISE)
