"""Who can do what: skills by agent, and where a queue asks for more than its agents can. Pure."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Able:
    """An agent as far as skills are concerned."""

    name: str
    skills: frozenset[str]
    queues: frozenset[str]


@dataclass(frozen=True, slots=True)
class SkillRow:
    """One skill: the agents who have it, the queues that need it, and those of them whose tasks it leaves to nobody."""

    skill: str
    agents: frozenset[str]
    needed_by: tuple[str, ...]
    unmet: tuple[str, ...]


def skill_matrix(queues: Mapping[str, AbstractSet[str]], agents: Sequence[Able]) -> list[SkillRow]:
    """Return every skill that a queue needs (`queues`: needs by name) or an agent has, by name.

    A need is met by an agent of that queue alone: others are never offered its tasks.
    """
    needed = {skill for needs in queues.values() for skill in needs}
    had = {skill for agent in agents for skill in agent.skills}
    return [_row(skill, queues, agents) for skill in sorted(needed | had)]


def _row(skill: str, queues: Mapping[str, AbstractSet[str]], agents: Sequence[Able]) -> SkillRow:
    able = [agent for agent in agents if skill in agent.skills]
    needed_by = tuple(sorted(queue for queue, needs in queues.items() if skill in needs))
    met = {queue for agent in able for queue in agent.queues}
    return SkillRow(
        skill, frozenset(agent.name for agent in able), needed_by, tuple(queue for queue in needed_by if queue not in met)
    )
