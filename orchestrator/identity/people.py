"""Who signs in: a person has one role, and what a role may do is told here once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never
from uuid import UUID


class Role(StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    AUDITOR = "auditor"

    @property
    def acts_as(self) -> frozenset["Role"]:
        """The roles whose doors are open to this one: an admin may do all that a supervisor may."""
        match self:
            case Role.ADMIN:
                return frozenset({Role.ADMIN, Role.SUPERVISOR})
            case Role.AGENT | Role.SUPERVISOR | Role.AUDITOR:
                return frozenset({self})
        assert_never(self)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person as their session shows them. `csrf` proves that a form came from a page of this session."""

    person_id: UUID
    login: str
    name: str
    role: Role
    agent_id: UUID | None
    locale: str
    zone: str
    csrf: str
    session_id: UUID

    def may(self, *roles: Role) -> bool:
        return not self.role.acts_as.isdisjoint(roles)
