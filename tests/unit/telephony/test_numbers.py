from typing import Any

import pytest

from orchestrator.availability.phones import BadPhone
from orchestrator.settings import Settings
from orchestrator.telephony.numbers import agent_number, customer_number


def some_settings(**given: Any) -> Settings:
    key = "k1:" + "A" * 43 + "="
    return Settings(twilio_account_sid="AC" + "1" * 32, twilio_auth_token="t", payload_keys=key, **given)


@pytest.mark.parametrize(
    ("attributes", "number"),
    [
        ({"phone": "+972 52-765-4321"}, "+972527654321"),
        ({"phone": "052-7654321", "country": "IL"}, "+972527654321"),
        ({"phone": "052-7654321"}, "+972527654321"),
        ({"phone": "07400 123456", "country": "GB"}, "+447400123456"),
    ],
)
def test_a_national_number_belongs_to_the_customers_country_else_to_ours(attributes: dict[str, Any], number: str) -> None:
    assert customer_number(attributes, some_settings(default_country="IL")) == number


@pytest.mark.parametrize("phone", [None, "", "12", "*2700", 5])
def test_what_nobody_can_be_reached_at_is_no_number(phone: object) -> None:
    assert isinstance(customer_number({"phone": phone}, some_settings()), BadPhone)


def test_an_agents_softphone_rings_at_its_own_address() -> None:
    assert agent_number("client:dana", some_settings()) == "client:dana"
    assert agent_number("sip:dana@example.com", some_settings()) == "sip:dana@example.com"
    assert isinstance(agent_number(None, some_settings()), BadPhone)
