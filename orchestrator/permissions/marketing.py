"""What stands between a customer and a marketing call: the registry that binds the number, and a refusal not long ago."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import text, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.marketing_rules import (
    CONTRACT_EVENTS,
    Listing,
    Peace,
    Sector,
    country_of,
    peace_after,
    registry_of,
)
from orchestrator.availability.phones import Phone
from orchestrator.availability.purposes import Purpose
from orchestrator.escalations.states import Outcome
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import EventRow
from orchestrator.permissions.reading import digits_of
from orchestrator.permissions.tables import RegistryRow


async def listing_of(
    session: AsyncSession, phone: Phone, *, evidence: Sequence[str], demanded: Collection[str], sector: Sector | None
) -> Listing | None:
    """Return what the registry of the number's country says; None where none binds.

    A registry binds once a list of it was imported, or where its country is `demanded` (docs/adr/030). `evidence` is the
    moment's, each `<source> <id>`. Of several lists of one country the oldest decides how old the check is.
    """
    country = country_of(phone)
    rule = registry_of(country, sector)
    if rule is None or country is None:
        return None
    lists = (await session.exec(select(RegistryRow).where(RegistryRow.country == country))).all()
    if not lists:
        return Listing(rule, None) if country in demanded else None
    listed = any([await holds(session, each.edition, digits_of(phone)) for each in lists])
    renewal = listed and await _is_renewal(session, evidence)
    return Listing(rule, min(each.as_of for each in lists), listed=listed, renewal=renewal)


async def holds(session: AsyncSession, edition: int, number: int) -> bool:
    """Tell whether an edition of a registry holds a number (E.164 without its plus)."""
    query = text(f"SELECT EXISTS (SELECT 1 FROM registry_{edition:d} WHERE number = :number)")  # noqa: S608  an integer of ours
    return bool((await (await session.connection()).execute(query, {"number": number})).scalar_one())


async def peace_of(
    session: AsyncSession, customer_id: UUID, countries: Collection[str], *, sector: Sector | None
) -> Peace | None:
    """Return how long the customer's last refusal of a marketing contact asks to be left alone."""
    query = select(EscalationRow.closed_at).where(
        EscalationRow.customer_id == customer_id,
        EscalationRow.purpose == Purpose.MARKETING,
        EscalationRow.outcome == Outcome.DECLINED,
    )
    declined = (await session.exec(query.order_by(col(EscalationRow.closed_at).desc()).limit(1))).first()
    return None if declined is None else peace_after(declined, countries, sector)


async def _is_renewal(session: AsyncSession, evidence: Sequence[str]) -> bool:
    """Say whether the moment rests on what is known of a contract's end: the call then offers to extend it."""
    keys = [(source, id) for source, _, id in (each.partition(" ") for each in evidence)]
    query = select(EventRow.id).where(tuple_(col(EventRow.source), col(EventRow.id)).in_(keys))
    return (await session.exec(query.where(col(EventRow.type).in_(CONTRACT_EVENTS)).limit(1))).first() is not None
