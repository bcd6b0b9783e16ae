"""How sure a rule is, where people read of a moment: timeline, why, why-card and API."""

from zoneinfo import ZoneInfo

import pytest

from orchestrator.detection.library import RuleLibrary
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.explaining import explain
from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.timelines import Kind, timeline
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_queue
from tests.integration.intake_world import COMPLAINT, World, an_event

_UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("confidence", "kept", "english", "hebrew"),
    [
        ("double(event.data.sure)", 0.75, "The rule is 75% sure", "ודאות הכלל"),
        ("event.data.unknown", None, "How sure the rule is could not be told", "לא ניתן"),
    ],
)
async def test_it_is_told_wherever_the_moment_is(
    database_url: str, database: Database, confidence: str, kept: float | None, english: str, hebrew: str
) -> None:
    world = World.on(database)
    async with database.transaction() as session:
        await a_queue(session, "service")
    await world.publish(COMPLAINT + f"confidence: {confidence}\n")

    await world.send(an_event(sure=0.75))

    customer = await world.customer()
    async with database.transaction() as session:
        entries = await timeline(session, customer.id, before=None, limit=20)
        (answer,) = await explain(session, customer, RuleLibrary(), at=await database.clock.now(session))
    async with a_browser(database_url, database) as browser:
        shown = (await browser.open(f"/console/customers/{customer.id}")).text
    (moment,) = [each for each in entries if each.kind is Kind.MOMENT]
    assert (moment.detail["confidence"], moment.detail["verdict"]) == (kept, "escalate")
    assert english in shown
    told = [reason.read(Reader(language, _UTC)) for language in Language for reason in answer.reasons]
    assert any(english in each for each in told)
    assert any(hebrew in each for each in told)
