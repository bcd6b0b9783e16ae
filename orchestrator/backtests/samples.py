"""The customers a back-test found, by our own ids: theirs may be an address, and are kept nowhere else."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.intake.tables import SubjectRow
from orchestrator.storage.columns import Json


async def with_our_ids(session: AsyncSession, samples: Iterable[Json]) -> list[Json]:
    """Return the samples with the customers' ids in the place of their subjects, and without keys, which may be such."""
    listed = list(samples)
    wanted = {each["customer"] for each in listed}
    query = select(SubjectRow.subject, SubjectRow.customer_id).where(col(SubjectRow.subject).in_(wanted))
    known = dict((await session.exec(query)).all())
    return [_sample(each, known) for each in listed]


def _sample(moment: Json, known: Mapping[str, UUID]) -> Json:
    customer = known.get(moment["customer"])
    return {
        "customer": str(customer) if customer is not None else None,
        "at": moment["at"],
        "verdict": moment["verdict"],
        "evidence": moment["evidence"],
    }
