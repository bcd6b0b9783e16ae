"""Which number is called and which one calls."""

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.phones import BadPhone, Phone, normalise
from orchestrator.queueing.tables import QueueRow
from orchestrator.settings import NotConfigured, Settings, variable

_ADDRESSES = ("sip:", "sips:", "client:")


def customer_number(attributes: Mapping[str, object], settings: Settings) -> Phone | BadPhone:
    """Return the customer's phone as E.164; a national one belongs to the customer's country, else to the deployment's."""
    country = attributes.get("country")
    region = country if isinstance(country, str) and country else settings.default_country
    return normalise(attributes.get("phone"), region=region)


def agent_number(phone: str | None, settings: Settings) -> str | BadPhone:
    """Return where an agent's leg rings: E.164, or a `sip:` or `client:` address as it stands."""
    if phone is not None and phone.startswith(_ADDRESSES):
        return phone
    return normalise(phone, region=settings.default_country)


async def sender_number(session: AsyncSession, queue: str | None, settings: Settings) -> str:
    """Return the queue's caller id, or the deployment's first number. Raises `NotConfigured` where there is neither."""
    row = None if queue is None else await session.get(QueueRow, queue)
    if row is not None and row.caller_id is not None:
        return row.caller_id
    if settings.twilio_from_numbers:
        return settings.twilio_from_numbers[0]
    name = variable("twilio_from_numbers")
    raise NotConfigured(f"{name} is not set", field=name, fix="name a number of the account")
