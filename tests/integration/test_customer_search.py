"""Finding customers by id, name and number on a real database."""

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.insights.search import search
from orchestrator.intake.tables import CustomerRow, SubjectRow
from orchestrator.storage.database import Database
from tests.integration.planted import NOON


async def a_customer(session: AsyncSession, subject: str, **attributes: str) -> CustomerRow:
    row = CustomerRow(subject=subject, attributes=attributes, created_at=NOON)
    session.add(row)
    await session.flush()
    session.add(SubjectRow(subject=subject, customer_id=row.id))
    await session.flush()
    return row


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("noa@example.org", ["noa@example.org"]),
        (" noa@example.org ", ["noa@example.org"]),
        ("noa@", []),
        ("levi", ["noa@example.org", "c-2"]),
        ("נועה", ["c-3"]),
        ("+972 54-123-4567", ["noa@example.org"]),
        ("0541234567", ["noa@example.org"]),
        ("4567", ["noa@example.org"]),
        ("567", []),
        ("L%i", []),
        ("a_b", ["c-4"]),
        ("x", []),
        ("", []),
    ],
)
async def test_customers_are_found_by_id_name_and_number(database: Database, words: str, found: list[str]) -> None:
    async with database.transaction() as session:
        await a_customer(session, "noa@example.org", name="Noa Levi", phone="+972541234567")
        await a_customer(session, "c-2", name="Yael LEVI", phone="+972500000000")
        await a_customer(session, "c-3", name="נועה כהן")
        await a_customer(session, "c-4", name="a_b \\ c")
        await a_customer(session, "c-5", name="axb")

        hits = await search(session, words)

    assert [each.subject for each in hits] == found


async def test_who_was_merged_or_erased_is_not_found(database: Database) -> None:
    async with database.transaction() as session:
        kept = await a_customer(session, "kept", name="Noa Levi")
        merged, erased = await a_customer(session, "m", name="Noa Levi"), await a_customer(session, "e", name="Noa Levi")
        merged.merged_into, erased.erased_at = kept.id, NOON
        session.add_all([merged, erased])
        await session.flush()

        hits = await search(session, "noa")

    assert [each.id for each in hits] == [kept.id]
