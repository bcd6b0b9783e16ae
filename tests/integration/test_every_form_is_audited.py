"""Whoever changes something on a page leaves a line in the audit: every form that sets anything, by its address."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlmodel import col, select

from api.app import create_app
from api.pages.registry import PAGES
from orchestrator.availability.tables import ClosureRow, SwitchRow
from orchestrator.identity.people import Role
from orchestrator.identity.tables import ChangeRow
from orchestrator.intake.tables import DeadLetterRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_queue, a_task, an_agent, some_settings
from tests.integration.intake_world import an_event
from tests.integration.people_floor import PASSWORD, a_person
from tests.integration.test_rule_life import MOVED

PERSON, QUEUE, AGENT = "/console/settings/people", "/console/settings/queues", "/console/settings/agents"
CALENDAR = "/console/availability/calendars"
CHANNEL, SCRIPT, TEMPLATE = "/console/settings/channels", "/console/settings/scripts", "/console/settings/templates"
SURE = {"confirmed": "yes"}
NEW = "another sentence"
DANA = {"name": "Dana", "role": "auditor", "locale": "en", "zone": "Etc/UTC"}
SPEAKS = {"about_en": "your order", "about_he": "ההזמנה שלך", "opening_en": "Hello.", "opening_he": "שלום."}
WRITES = {"body_en": "{who} waits for you. Reply STOP to end.", "body_he": "{who} כאן. להסרה STOP."}
MENDED = json.dumps(an_event("customer.moved", id="mended"))
Fields = Mapping[str, str]

# In this order: each stands on those before it. The line's name comes last.
FORMS: tuple[tuple[str, Fields, str], ...] = (
    (PERSON, {**DANA, "login": "dana"}, "person.added"),
    (f"{PERSON}/{{person_id}}", DANA, "person.changed"),
    (f"{PERSON}/{{person_id}}/password", SURE, "person.password_set"),
    (f"{PERSON}/{{person_id}}/openid", SURE, "person.password_removed"),
    (f"{PERSON}/{{person_id}}/factor-removal", {}, "person.second_factor_removed"),
    (f"{PERSON}/{{person_id}}/sessions-end", {}, "person.sessions_ended"),
    (f"{PERSON}/{{person_id}}/disabling", SURE, "person.disabled"),
    (f"{PERSON}/{{person_id}}/return", {}, "person.let_back"),
    (QUEUE, {"name": "complaints"}, "queue.added"),
    (f"{QUEUE}/{{queue}}", {"pace": "5"}, "queue.changed"),
    (f"{QUEUE}/{{queue}}/removal", SURE, "queue.removed"),
    (CALENDAR, {"name": "weekdays", "zone": "UTC"}, "calendar.saved"),
    (f"{CALENDAR}/{{calendar}}/hours", {"mon": "09:00-17:00", "seen": "*"}, "calendar.saved"),
    (
        f"{CALENDAR}/{{calendar}}/days",
        {"day": "2027-02-28", "kind": "closed", "reason": "a drill", "seen": "*"},
        "calendar.saved",
    ),
    (f"{CALENDAR}/{{calendar}}/document", {"document": "calendar: weekdays\nzone: UTC\n", "seen": "*"}, "calendar.saved"),
    (f"{CALENDAR}/{{calendar}}/closures", {"because": "a drill"}, "calendar.closed"),
    (f"{CALENDAR}/{{calendar}}/closures/{{closure_id}}/end", {}, "calendar.opened"),
    (f"{CALENDAR}/{{calendar}}/retirement", {"seen": "*"}, "calendar.retired"),
    (AGENT, {"name": "noa", "queues": "sales", "languages": "en"}, "agent.added"),
    (f"{AGENT}/{{agent_id}}", {"queues": "sales", "languages": "he"}, "agent.changed"),
    ("/console/availability/staffing/{agent_id}", {"timezone": "UTC", "mon": "09:00-17:00"}, "shifts.saved"),
    ("/console/availability/staffing/{agent_id}/removal", SURE, "shifts.removed"),
    (f"{AGENT}/{{agent_id}}/token", {}, "token.issued"),
    (f"{AGENT}/{{agent_id}}/leaving", SURE, "agent.revoked"),
    (CHANNEL, {"name": "web", "kind": "web"}, "channel.added"),
    (f"{CHANNEL}/{{channel}}", {"types": "checkout.*"}, "channel.types_changed"),
    (f"{CHANNEL}/{{channel}}/key", SURE, "channel.key_replaced"),
    (f"{CHANNEL}/{{channel}}/revocation", SURE, "channel.revoked"),
    (f"{SCRIPT}/{{script}}", SPEAKS, "script.changed"),
    (f"{SCRIPT}/{{script}}/restoration", {}, "script.restored"),
    (f"{TEMPLATE}/{{template}}", WRITES, "template.changed"),
    (f"{TEMPLATE}/{{template}}/restoration", {}, "template.restored"),
    ("/console/availability/limits", {"seen": '"0"', "caps-0-limit": "3", "caps-0-within": "24h"}, "limits.saved"),
    ("/console/switch", {"scope": "everything", "reason": "a drill", **SURE}, "switch.thrown"),
    ("/console/switch/{switch_id}/lift", {}, "switch.lifted"),
    ("/console/tasks", {"action": "withdraw", "reason": "a drill", "task": "{task_id}", **SURE}, "task.withdraw"),
    (
        "/console/customers/{customer_id}/consent",
        {"purpose": "service", "proof": "form 7", "source": "Maya"},
        "consent.recorded",
    ),
    ("/console/customers/{customer_id}/do-not-call", {"ban_source": "Maya"}, "do_not_call.recorded"),
    ("/console/rules/{name}", {"document": MOVED, "seen": ""}, "rule.drafted"),
    ("/console/rules/{name}/decision", {"verb": "publish", "seen": "*"}, "rule.published"),
    ("/console/rules/{name}/backtest", {"version": "1", "length": "7"}, "backtest.asked"),
    ("/console/events/refused/{letter_id}", {"event": MENDED}, "letter.replayed"),
    ("/me/details", {"name": "Maya", "locale": "en", "zone": "Etc/UTC"}, "person.changed"),
    (
        "/me/password",
        {"present": PASSWORD, "password": NEW, "again": NEW},
        "person.password_changed",
    ),
    ("/sign-out/everywhere", {}, "person.sessions_ended"),
)
ELSEWHERE = {  # shown in tests of their own: a case, an alarm, a partner, a back-test or a code is needed for these
    f"{CHANNEL}/{{channel}}/level",
    "/console/rules/{name}/backtest/{backtest_id}/cancellation",
    "/console/rules/{name}/alarms/{alarm_id}",
    "/console/rules/{name}/open-cases",
    "/me/second-factor",
    "/me/second-factor/codes",
    "/me/second-factor/removal",
}
SETTING_NOTHING = {
    "/choices/language",
    "/choices/theme",
    "/sign-in",
    "/sign-in/code",
    "/sign-out",
    "/console/customers",
    "/console/rules",
    "/console/rules/{name}/check",
    f"{CALENDAR}/{{calendar}}/ics",  # shows what would change
    SCRIPT,
    f"{SCRIPT}/{{script}}/preview",
    TEMPLATE,
    f"{TEMPLATE}/{{template}}/preview",
}
WORK = "/desk/"  # kept with the case and in the agent's presence; of it, a never-call has a line as well


def test_every_form_is_sorted_here() -> None:
    routes = [route for router in PAGES for route in router.routes if isinstance(route, APIRoute)]
    forms = {route.path for route in routes if "POST" in (route.methods or ()) and not route.path.startswith(WORK)}

    assert forms == {path for path, _, _ in FORMS} | ELSEWHERE | SETTING_NOTHING


@dataclass(frozen=True, slots=True)
class Administrator:
    """Somebody with a password, signed in; `names` are what stands in the addresses of their forms."""

    client: httpx.AsyncClient
    csrf: str
    database: Database
    names: Mapping[str, str]

    async def send(self, path: str, fields: Fields) -> list[ChangeRow]:
        """Send a form, and return the lines it left."""
        before, names = len(await self.lines()), {**self.names, **await self._switches()}
        told = {name: _named(value, names) for name, value in fields.items()}
        answer = await self.client.post(_named(path, names), data={**told, "csrf": self.csrf})
        assert answer.status_code in (200, 303), (path, answer.status_code)
        return (await self.lines())[before:]

    async def lines(self) -> list[ChangeRow]:
        async with self.database.transaction() as session:
            return list((await session.exec(select(ChangeRow).order_by(col(ChangeRow.id)))).all())

    async def _switches(self) -> dict[str, str]:
        async with self.database.transaction() as session:
            thrown = (await session.exec(select(SwitchRow.id))).first()
            closed = (await session.exec(select(ClosureRow.id))).first()
        found = {"switch_id": thrown, "closure_id": closed}
        return {name: str(known) for name, known in found.items() if known is not None}


def _named(text: str, names: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: names.get(name[1], name[0]), text)


@pytest.fixture
async def administrator(database_url: str, database: Database) -> AsyncIterator[Administrator]:
    known = {"openid_issuer": "https://accounts.example.com", "openid_client_id": "ringback"}
    app = create_app(some_settings(database_url).changed(**known))
    async with app.router.lifespan_context(app), a_client(app) as client:
        async with database.transaction() as session:
            await a_queue(session)
            letter = DeadLetterRow(received_at=datetime.now(UTC), reason="malformed", detail="This is not JSON.", body=b"{")
            session.add(letter)
            task, agent, person = await a_task(session), await an_agent(session), await a_person(session)
            await a_person(session, login="maya", role=Role.ADMIN, password=PASSWORD)
        await client.post("/sign-in", data={"login": "maya", "password": PASSWORD})
        csrf = re.findall(r'name="csrf" value="(\w+)"', (await client.get("/me")).text)[0]
        ids = {"person_id": str(person.id), "agent_id": str(agent.id), "task_id": str(task.id), "letter_id": str(letter.id)}
        ids["customer_id"] = str(task.customer_id)
        names = {
            "name": "moved",
            "queue": "complaints",
            "calendar": "weekdays",
            "channel": "web",
            "script": "checkout",
            "template": "finish-link",
        }
        yield Administrator(client, csrf, database, ids | names)


async def test_every_form_that_sets_something_leaves_its_line_with_the_persons_login(administrator: Administrator) -> None:
    wrong: list[str] = []

    for path, fields, what in FORMS:
        lines = await administrator.send(path, fields)
        told = {line.what for line in lines if line.who == "maya" and (line.before is not None or line.after is not None)}
        without = what in ("person.password_set",)  # of a password neither the old nor the new is written down
        if what not in (told or {line.what for line in lines if without}):
            wrong.append(f"{path}: {[line.what for line in lines]}")

    assert wrong == []
    written = str([line.model_dump() for line in await administrator.lines()])
    assert [secret for secret in (PASSWORD, NEW, "+14155550100") if secret in written] == []
