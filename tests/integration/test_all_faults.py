"""Settings' forms in which much does not fit: all of it is told at once, beside the fields and above them."""

from collections.abc import AsyncIterator, Mapping
from html import unescape
from typing import Any

import pytest

from api.pages.settings.people_words import FAULTS
from api.pages.settings.words import AGENT_FAULTS, CHANNEL_FAULTS, QUEUE_FAULTS
from orchestrator.identity.people import Role
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_queue, an_agent

UNFIT = [
    (
        "/console/settings/queues",
        {"name": "no name", "calendar": "gone", "skills": "x" * 65, "caller_id": "12", "pace": "-1", "outcome": "solved/sold"},
        [QUEUE_FAULTS[each] for each in ("queue", "calendar", "skills", "caller_id", "pace_per_minute", "outcomes")],
    ),
    (
        "/console/settings/queues/sales",
        {"calendar": "gone", "skills": "x" * 65, "caller_id": "12", "pace": "0"},
        [QUEUE_FAULTS[each] for each in ("calendar", "skills", "caller_id", "pace_per_minute")],
    ),
    (
        "/console/settings/agents",
        {"name": "no name", "languages": "hebrew!", "queues": "gone", "skills": "x" * 65, "phone": "12"},
        list(AGENT_FAULTS.values()),
    ),
    (
        "/console/settings/agents/{agent_id}",
        {"languages": "", "queues": "gone", "skills": "x" * 65, "phone": "12"},
        [AGENT_FAULTS[each] for each in ("language", "queue", "skills", "phone")],
    ),
    (
        "/console/settings/channels",
        {"name": "no name", "kind": "none", "types": "checkout.*"},
        [CHANNEL_FAULTS[each] for each in ("name", "kind")],
    ),
    (
        "/console/settings/people",
        {"login": "no login", "name": " ", "role": "agent", "agent": "", "locale": "fr", "zone": "Nowhere"},
        [FAULTS[each] for each in ("login", "name", "agent", "zone", "locale")],
    ),
]
NO_CHOICE = ("gone", "none", "fr", " ", "")  # what no list offers cannot be shown as chosen


@pytest.fixture
async def admin(database_url: str, database: Database) -> AsyncIterator[Browser]:
    async with a_browser(database_url, database, role=Role.ADMIN) as browser:
        yield browser


@pytest.mark.parametrize(("path", "fields", "said"), UNFIT, ids=[path for path, _fields, _said in UNFIT])
async def test_all_that_does_not_fit_is_said_at_once(
    admin: Browser, database: Database, path: str, fields: Mapping[str, Any], said: list[str]
) -> None:
    async with database.transaction() as session:
        await a_queue(session, "sales")
        agent_id = (await an_agent(session, "Dana")).id

    answer = await admin.send(path.format(agent_id=agent_id), **fields)

    text = unescape(answer.text)
    assert answer.status_code == 422
    assert [each for each in said if text.count(each) != 2] == []  # in the summary, and beside the field
    assert f"{len(said)} things do not fit yet" in text
    typed = [value for value in fields.values() if value not in NO_CHOICE]
    assert [value for value in typed if f'value="{value}"' not in text and f">\n{value}</textarea>" not in text] == []
