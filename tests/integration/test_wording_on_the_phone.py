"""From the console's form to the phone: the saved words are those the carrier is handed, in the customer's language."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from orchestrator.storage.database import Database
from orchestrator.telephony.tables import MessageState
from tests.integration.console_floor import a_browser
from tests.integration.simulated_carrier import Carrier
from tests.integration.telephony_stage import CALL, PROMISED_CALLBACK, Stage, a_stage, eventually

SCRIPT = {
    "about_en": "your basket",
    "about_he": "הסל שלך",
    "opening_en": "Shall we finish?",
    "opening_he": "נסיים יחד?",
}
LINK = {"body_en": "{who} kept {about}. Reply STOP to end.", "body_he": "{who} שמרה את {about}. להסרה STOP."}
PROMISE = {"body_en": "{who} will ring you {when}.", "body_he": "{who}: נתקשר {when}."}


@pytest_asyncio.fixture
async def stage(database: Database, database_url: str, carrier: Carrier) -> AsyncIterator[Stage]:
    async with a_stage(database, database_url, carrier) as stage:
        await stage.an_agent(languages=("en", "he"))
        yield stage


@pytest_asyncio.fixture
async def saved(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        for path, words in (("scripts/checkout", SCRIPT), ("templates/finish-link", LINK), ("templates/promise", PROMISE)):
            assert (await browser.send(f"/console/settings/{path}", act="save", **words)).status_code == 303


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "Acme kept Checkout left unfinished. Reply STOP to end."), ("he", "Acme שמרה את הקנייה לא הושלמה. להסרה STOP.")],
)
async def test_a_saved_message_reaches_the_phone(stage: Stage, language: str, expected: str) -> None:
    escalation = await stage.a_case("{message: {template: finish-link}}", language=language)

    async with stage.process(escalation):
        await eventually(lambda: stage.messages(escalation), lambda rows: rows and rows[0].state is MessageState.DELIVERED)

    assert [message["body"] for message in stage.sim.messages()] == [expected]


@pytest.mark.usefixtures("saved")
async def test_a_saved_promise_reaches_the_phone(stage: Stage) -> None:
    escalation = await stage.a_case(PROMISED_CALLBACK, language="he")

    async with stage.process(escalation):
        await eventually(lambda: stage.messages(escalation), lambda rows: rows and rows[0].state is MessageState.DELIVERED)

    (message,) = stage.sim.messages()
    assert message["body"].startswith("Acme: נתקשר עד ")


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(("language", "expected"), [("en", "your basket"), ("he", "הסל שלך")])
async def test_a_saved_script_is_what_the_call_is_about(stage: Stage, language: str, expected: str) -> None:
    escalation = await stage.a_case(CALL, language=language)

    await stage.prepared(escalation)

    (attempt,) = await stage.attempts(escalation)
    assert attempt.about == expected
