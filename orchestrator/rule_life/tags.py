"""What somebody saw of a rule when they decided to change it: nobody overwrites what they have not seen."""

import difflib
import re
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.library import raise_revision
from orchestrator.detection.tables import RuleRow, RuleState, RuleVersionRow
from orchestrator.errors import NoSuch, Stale, Unseen
from orchestrator.rule_life.versions import latest_number

_TAG = re.compile(r'(?:W/)?"?([0-9]+)-([a-z]+)-([0-9]+)(?:-beside-([0-9]+))?"?')


class TagMissing(Unseen):
    """A change of a rule without the tag of what its author saw."""

    def __init__(self) -> None:
        fix = "send the ETag of the rule as it was read; for a new rule, If-None-Match: *"
        super().__init__("a rule is changed only by who says what they saw of it", fix=fix)


class TagStale(Stale):
    """Somebody changed the rule meanwhile."""

    code = "stale_rule"

    def __init__(self, rule: str, *, tag: "Tag | None", difference: str) -> None:
        shown = None if tag is None else str(tag)
        super().__init__(f"the rule {rule} was changed meanwhile", tag=shown, difference=difference)


@dataclass(frozen=True, slots=True)
class Tag:
    """The newest version, the state, the version in force, and the one that is tried in shadow beside it, if any."""

    latest: int
    state: RuleState
    in_force: int
    tried: int | None = None

    def __str__(self) -> str:
        beside = "" if self.tried is None else f"-beside-{self.tried}"
        return f'"{self.latest}-{self.state}-{self.in_force}{beside}"'

    @property
    def in_words(self) -> str:
        beside = "" if self.tried is None else f", version {self.tried} in shadow beside it"
        return f"{self.state}, version {self.in_force} in force{beside}, newest {self.latest}"

    @classmethod
    def read(cls, text: str) -> "Tag | None":
        """Return the tag that a header holds, None for what is none of ours."""
        found = _TAG.fullmatch(text.strip())
        if found is None or found[2] not in set(RuleState):
            return None
        return cls(int(found[1]), RuleState(found[2]), int(found[3]), int(found[4]) if found[4] else None)


async def tag_of(session: AsyncSession, row: RuleRow) -> Tag:
    return Tag(await latest_number(session, row.name), RuleState(row.state), row.version, row.shadow_version)


async def hold(session: AsyncSession, name: str, *, seen: str | None) -> RuleRow:
    """Return a rule that nobody else can change until this transaction ends, as the caller saw it.

    `seen` is the tag they saw. Raises `TagMissing`, `TagStale` or `NoSuch`.
    """
    await raise_revision(session)
    row = await session.get(RuleRow, name)
    if row is None:
        raise NoSuch(f"there is no rule {name}")
    if seen is None:
        raise TagMissing
    tag = await tag_of(session, row)
    if seen.strip() != "*" and Tag.read(seen) != tag:
        raise TagStale(name, tag=tag, difference=await _difference(session, name, Tag.read(seen), tag))
    return row


async def _difference(session: AsyncSession, name: str, seen: Tag | None, now: Tag) -> str:
    if seen is None:
        return ""
    old = await session.get(RuleVersionRow, (name, seen.latest))
    new = await session.get(RuleVersionRow, (name, now.latest))
    if old is None or new is None or old is new:
        return f"-{seen.in_words}\n+{now.in_words}\n"
    return difference(old, new)


def difference(old: RuleVersionRow, new: RuleVersionRow) -> str:
    """Return what changed from one version to another as a unified diff; empty where they say the same."""
    lines = difflib.unified_diff(
        old.document.splitlines(keepends=True),
        new.document.splitlines(keepends=True),
        fromfile=f"{old.rule} version {old.version} by {old.author}",
        tofile=f"{new.rule} version {new.version} by {new.author}",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
