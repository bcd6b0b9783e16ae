"""The names that a rule may use: queues, scripts, templates."""

from dataclasses import dataclass

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.tables import QueueRow
from orchestrator.wording.shipped import SCRIPT_NAMES, TEMPLATE_NAMES, Kind, kind_of
from orchestrator.wording.tables import ScriptRow, TemplateRow


@dataclass(frozen=True, slots=True)
class Names:
    """What there is, by name. `templates` are those of messages, not of promises."""

    queues: tuple[str, ...]
    scripts: tuple[str, ...]
    templates: tuple[str, ...]


async def names_to_offer(session: AsyncSession) -> Names:
    queues = (await session.exec(select(QueueRow.name).order_by(QueueRow.name))).all()
    scripts = (await session.exec(select(ScriptRow.name).distinct())).all()
    templates = (await session.exec(select(TemplateRow.name).distinct())).all()
    said = {name for name in {*templates, *TEMPLATE_NAMES} if kind_of(name) is Kind.MESSAGE}
    return Names(tuple(queues), tuple(sorted({*scripts, *SCRIPT_NAMES})), tuple(sorted(said)))
