"""Finding a customer by what a person at the console knows: an id, a name or a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.types import Text
from sqlmodel.ext.asyncio.session import AsyncSession

_SEPARATORS = str.maketrans("", "", " -().\u00a0\u2011")
_FEWEST_DIGITS = 4  # fewer name too many people
_FEWEST_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Found:
    """A customer who may be meant. All but `id` is personal."""

    id: UUID
    subject: str
    name: str | None
    phone: str | None
    last_contact_at: datetime | None
    open_case: bool


# Each way to be found is a branch of its own, so that ids are looked up and only names and numbers are gone through.
_SEARCH = text("""
WITH hits AS (
  SELECT customer_id AS id, 0 AS place FROM subjects WHERE subject = :exact
  UNION ALL
  SELECT id, 1 FROM customers
  WHERE :digits IS NOT NULL AND regexp_replace(attributes ->> 'phone', '[^0-9]', '', 'g') LIKE '%' || :digits
  UNION ALL
  SELECT id, 2 FROM customers WHERE :letters IS NOT NULL AND attributes ->> 'name' ILIKE '%' || :letters || '%'
)
SELECT c.id, c.subject, c.attributes ->> 'name' AS name, c.attributes ->> 'phone' AS phone, c.last_contact_at,
  EXISTS (SELECT FROM escalations e WHERE e.customer_id = c.id AND e.state <> 'closed') AS open_case
FROM (SELECT id, min(place) AS place FROM hits GROUP BY id) AS h JOIN customers c ON c.id = h.id
WHERE c.merged_into IS NULL AND c.erased_at IS NULL
ORDER BY h.place, c.attributes ->> 'name', c.subject LIMIT :limit
""").bindparams(bindparam("digits", type_=Text), bindparam("letters", type_=Text))


async def search(session: AsyncSession, words: str, *, limit: int = 25) -> Sequence[Found]:
    """Return customers whose id is `words`, whose number ends in them, or in whose name they stand; the surest first."""
    exact = words.strip()
    values = {"exact": exact, "digits": _digits(exact), "letters": _letters(exact), "limit": limit}
    rows = (await (await session.connection()).execute(_SEARCH, values)).all()
    return [_found(row) for row in rows]


def _digits(words: str) -> str | None:
    """Return the end of a number, without the trunk's leading zeros, which are not written before a country's code."""
    bare = words.translate(_SEPARATORS).removeprefix("+")
    short = bare.lstrip("0")
    return short if bare.isascii() and bare.isdigit() and len(short) >= _FEWEST_DIGITS else None


def _letters(words: str) -> str | None:
    """Return `words` as a pattern that means them literally."""
    if len(words) < _FEWEST_LETTERS:
        return None
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _found(row: Row[Any]) -> Found:
    return Found(row.id, row.subject, row.name, row.phone, row.last_contact_at, row.open_case)
