"""What agents are shown of a customer, by the settings."""

from orchestrator.identity.hiding import Hide, hider
from orchestrator.intake.tables import CustomerRow
from orchestrator.settings import Settings


def hider_for_agents(customer: CustomerRow, settings: Settings) -> Hide:
    """Return what hides the customer's numbers, for where the settings say that agents do not see them."""
    phone, country = customer.attributes.get("phone"), customer.attributes.get("country")
    region = country if isinstance(country, str) else settings.default_country
    return hider(own=phone if isinstance(phone, str) else None, region=region)
