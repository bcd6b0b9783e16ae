"""An agent's form, and what the settings show of all agents."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.console.words import DOING
from api.pages.settings.words import listed
from orchestrator.identity.hiding import masked
from orchestrator.insights.floor_agents import FloorAgent, floor_agents
from orchestrator.queueing.roster import AgentStanding
from orchestrator.queueing.skills import Able, skill_matrix
from orchestrator.queueing.staffing import Abilities
from orchestrator.queueing.tables import QueueRow


@dataclass(frozen=True, slots=True)
class AgentForm:
    """The form as it was sent."""

    name: str = ""
    languages: str = ""
    skills: str = ""
    queues: tuple[str, ...] = ()
    phone: str = ""

    @classmethod
    def of(cls, known: AgentStanding) -> "AgentForm":
        agent = known.agent
        return cls(agent.name, ", ".join(agent.languages), ", ".join(agent.skills), known.queues, agent.phone or "")

    def abilities(self) -> Abilities:
        """Return what was asked for, unchecked."""
        phone = self.phone.strip()
        number = phone.replace(" ", "").replace("-", "") if phone.startswith("+") else phone
        queues = tuple(dict.fromkeys(self.queues))
        return Abilities(queues, listed(self.languages), listed(self.skills), number or None)


@dataclass(frozen=True, slots=True)
class AgentLine:
    """An agent as the list shows them. `phone` is hidden where the deployment hides numbers."""

    agent: FloorAgent
    phone: str | None
    presence: str

    @property
    def has_left(self) -> bool:
        return not self.agent.queues


async def settings_of_agents(session: AsyncSession, *, now: datetime, hide: bool) -> dict[str, Any]:
    """Return the agents, the queues they can serve, and who can do what."""
    every = await floor_agents(session, now=now)
    queues = (await session.exec(select(QueueRow).order_by(QueueRow.name))).all()
    lines = [AgentLine(each, _phone(each.phone, hide=hide), DOING[each.doing]) for each in every]
    here = [each for each in every if each.queues]
    able = [Able(each.name, frozenset(each.skills), frozenset(each.queues)) for each in here]
    return {
        "lines": lines,
        "queue_names": [queue.name for queue in queues],
        "skills": skill_matrix({queue.name: frozenset(queue.skills) for queue in queues}, able),
        "able": [each.name for each in able],
    }


def _phone(phone: str | None, *, hide: bool) -> str | None:
    return masked(phone) if phone and hide else phone
