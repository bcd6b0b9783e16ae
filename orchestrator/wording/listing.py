"""Every script and template there is: shipped, written here, or only named by a rule, which then has no words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.in_force import ActiveRules
from orchestrator.escalations.words import Language
from orchestrator.wording.shipped import (
    SCRIPT_NAMES,
    TEMPLATE_NAMES,
    Bodies,
    Kind,
    Script,
    Scripts,
    kind_of,
    shipped_script,
    shipped_template,
)
from orchestrator.wording.tables import ScriptRow, TemplateRow


@dataclass(frozen=True, slots=True)
class ScriptEntry:
    """`words` is None where a rule names a script that says nothing; `changed_at` is None for the shipped words."""

    name: str
    words: Scripts | None
    changed_at: datetime | None
    is_shipped: bool
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TemplateEntry:
    """As `ScriptEntry`. `is_misnamed`: a rule names a promise's words, which no plan can send."""

    name: str
    kind: Kind
    words: Bodies | None
    changed_at: datetime | None
    is_shipped: bool
    rules: tuple[str, ...]

    @property
    def is_misnamed(self) -> bool:
        return bool(self.rules) and self.kind is not Kind.MESSAGE


async def scripts(session: AsyncSession, rules: ActiveRules) -> list[ScriptEntry]:
    """Return all scripts by name; the rules are those in force that name them."""
    rows = (await session.exec(select(ScriptRow).order_by(col(ScriptRow.name)))).all()
    used = _used(rules, "script")
    names = SCRIPT_NAMES | {row.name for row in rows} | used.keys()
    return [_script(name, [row for row in rows if row.name == name], used.get(name, ())) for name in sorted(names)]


async def templates(session: AsyncSession, rules: ActiveRules) -> list[TemplateEntry]:
    """Return all templates by name; the rules are those in force that name them."""
    rows = (await session.exec(select(TemplateRow).order_by(col(TemplateRow.name)))).all()
    used = _used(rules, "template")
    names = TEMPLATE_NAMES | {row.name for row in rows} | used.keys()
    return [_template(name, [row for row in rows if row.name == name], used.get(name, ())) for name in sorted(names)]


def _script(name: str, rows: Iterable[ScriptRow], rules: Iterable[str]) -> ScriptEntry:
    written: dict[Language, Script] = {row.language: Script(row.about, row.opening) for row in rows}
    changed = max((row.changed_at for row in rows), default=None)
    return ScriptEntry(name, written or shipped_script(name), changed, name in SCRIPT_NAMES, tuple(rules))


def _template(name: str, rows: Iterable[TemplateRow], rules: Iterable[str]) -> TemplateEntry:
    written: dict[Language, str] = {row.language: row.body for row in rows}
    changed = max((row.changed_at for row in rows), default=None)
    words = written or shipped_template(name)
    return TemplateEntry(name, kind_of(name), words, changed, name in TEMPLATE_NAMES, tuple(rules))


def _used(rules: ActiveRules, what: str) -> Mapping[str, tuple[str, ...]]:
    """Return the names that rules in force use, with those rules."""
    found: dict[str, set[str]] = {}
    for rule, known in rules.in_force.items():
        for _, step in known.rule.document.every_step():
            part = step.callback or step.call or step.message
            name = getattr(part, what, None)
            if name is not None:
                found.setdefault(name, set()).add(rule)
    return {name: tuple(sorted(named)) for name, named in found.items()}
