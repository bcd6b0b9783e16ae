"""What there is to see: every page by who may see it, every look, and a floor with something going on."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

from playwright.async_api import Page, expect
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.people import Role
from orchestrator.availability.limit_tables import LimitsRow
from orchestrator.availability.tables import CalendarRow, CalendarVersionRow
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.identity.tables import PersonRow
from orchestrator.intake.channels import add_channel, revoke_channel
from orchestrator.intake.tables import CustomerRow, DeadLetterRow
from orchestrator.queueing.shifts import save_shifts
from orchestrator.queueing.tables import AgentQueueRow, AgentRow, Presence
from orchestrator.rule_life.drafts import save_draft
from orchestrator.rule_life.shipped import load_shipped
from orchestrator.rule_life.versions import version_of
from orchestrator.storage.database import Database
from tests.browser.conftest import NARROW, WIDE, Visitors
from tests.browser.planted_backtest import plant_backtests
from tests.integration.floor import a_queue, a_task, an_agent, an_escalation

_MAYA = "00000000-0000-4000-8000-000000000001"
Look = tuple[str, str, tuple[int, int]]
HOSTILE = "<script>document.title='broken'</script>\u202eiveL aoN\u202c\" onmouseover=x " + "long" * 60
_LETTER = "00000000-0000-4000-8000-000000000003"
_TAL = "00000000-0000-4000-8000-000000000002"
_WEEKDAYS = """calendar: weekdays
zone: Asia/Jerusalem
weekly:
  sun: ["09:00-17:00"]
  mon: ["09:00-17:00"]
  tue: ["09:00-13:00", "16:00-20:00"]
  wed: ["09:00-17:00"]
  thu: ["09:00-17:00"]
  fri: ["09:00-13:00"]
  sat: ["21:00-02:00"]
holidays: {country: IL, closed: true, eves: ["09:00-13:00"]}
days: {2026-12-24: closed, 2026-12-31: ["09:00-12:00"]}
"""
_SHIFTS = b"shifts: Tal\nzone: Asia/Jerusalem\nweekly: {mon: ['10:00-13:00', '14:00-18:00']}\ndays: {2026-12-24: closed}\n"
_REFUSED = (
    b'{"specversion": "1.0", "id": "s-1", "source": "shop", "type": "survey.answered", "subject": "c", "data": {"csat": 9}}'
)
LOOKS = tuple(product(("en", "he"), ("light", "dark"), (WIDE, NARROW)))
SHOWN: dict[Role | None, tuple[str, ...]] = {
    None: ("/sign-in", "/nothing", "/docs"),
    Role.AGENT: ("/desk", "/me"),
    Role.ADMIN: (
        "/console",
        "/console/held",
        "/console/switch",
        "/console/customers",
        "/console/customers/{customer_id}",
        "/console/customers/{customer_id}/why",
        "/console/customers/{customer_id}/when",
        "/console/customers/{customer_id}/permissions",
        "/console/events",
        "/console/events/types",
        "/console/events/refused/{letter_id}",
        "/console/rules",
        "/console/rules/{name}",
        "/console/rules/{name}/backtest",
        "/console/rules/{name}/comparison",
        "/console/availability",
        "/console/availability/calling-hours",
        "/console/availability/limits",
        "/console/availability/when",
        "/console/availability/registries",
        "/console/availability/calendars/{calendar}",
        "/console/availability/calendars/{calendar}/hours",
        "/console/availability/calendars/{calendar}/versions",
        "/console/availability/calendars/{calendar}/retirement",
        "/console/availability/staffing",
        "/console/availability/staffing/{agent_id}",
        "/console/results",
        "/console/settings",
        "/console/settings/people/{person_id}",
        "/console/settings/queues",
        "/console/settings/queues/{queue}",
        "/console/settings/agents",
        "/console/settings/agents/{agent_id}",
        "/console/settings/channels",
        "/console/settings/channels/{channel}",
        "/console/settings/scripts",
        "/console/settings/scripts/{script}",
        "/console/settings/templates",
        "/console/settings/templates/{template}",
        "/console/audit",
        "/me",
        "/me/second-factor",
    ),
}
# What stands for the names in those paths.
NAMED = {
    "person_id": _MAYA,
    "agent_id": _TAL,
    "queue": "sales",
    "calendar": "weekdays",
    "letter_id": _LETTER,
    "name": "renewal-due",
    "channel": "web",
    "script": "checkout",
    "template": "finish-link",
}
# What an agent presses on the desk, and what is to be seen then.
STEPS: dict[str, tuple[str, ...]] = {"/desk": ("Give me the next", "Accept")}


async def a_busy_floor(database: Database) -> tuple[UUID, UUID]:
    """Queues with work that waits, is due and is late; returns an agent and a customer whose name means harm."""
    async with database.transaction() as session:
        await a_queue(session, "sales")
        await a_queue(session, "service")
        await _what_settings_show(session)
        await _limits(session)
        noa = await an_agent(session, "Noa", queues=("sales", "service"), languages=("en", "he"))
        await an_agent(session, "Amir", presence=Presence.PAUSED, idle=timedelta(minutes=7))
        await an_agent(session, "Dana", queues=("service",), idle=timedelta(minutes=3))
        for number in range(9):
            task = await a_task(
                session,
                queue="sales" if number % 3 else "service",
                waiting=timedelta(minutes=4 * number),
                due_in=timedelta(minutes=6 * number - 8),
                promised=number % 2 == 0,
                priority=90 - 5 * number,
                language=None,
            )
        for reasons in (["business_hours", "calling_hours"], ["kill_switch"], ["business_hours", "calling_hours"]):
            case = await an_escalation(session, state=State.WAITING)
            case.reasons, case.wait_until = reasons, datetime.now(UTC) + timedelta(hours=3)
            session.add(case)
        await plant_backtests(session, "renewal-due")
        mine = select(CustomerRow).join(EscalationRow).where(EscalationRow.id == task.escalation_id)
        customer = (await session.exec(mine)).one()
        customer.attributes = {**customer.attributes, "name": HOSTILE}
        return noa.id, customer.id


_LIMITS = """caps:
  - {limit: 6, within: 24h}
  - {limit: 2, within: 7d, subject: same, media: [voice_person, voice_recorded]}
budgets:
  - {kind: calls, limit: 120, per: hour}
  - {kind: money, limit: 250, per: day, queue: sales}
costs: {call: 0.4, message: 0.06, currency: EUR}
"""


async def _limits(session: AsyncSession) -> None:
    row = await session.get_one(LimitsRow, 1)
    row.document, row.version, row.changed_at = _LIMITS, 1, datetime.now(UTC)
    session.add(row)


async def _what_settings_show(session: AsyncSession) -> None:
    """Somebody else who signs in, a queue that keeps to much, channels of which one is shut, and rules with a draft."""
    now = datetime.now(UTC)
    await load_shipped(session, now=now)
    renewal = await version_of(session, "renewal-due", 1)
    draft = renewal.document.replace("expires: 21d", "expires: 28d").encode()
    await save_draft(session, "renewal-due", draft, seen="*", only_new=False, author="noa", who="test", now=now)
    session.add(PersonRow(id=UUID(_MAYA), login="maya@example.com", name="Maya Tal", role=Role.SUPERVISOR, created_at=now))
    session.add(CalendarRow(name="weekdays", document=_WEEKDAYS, changed_at=now))
    await session.flush()
    session.add(CalendarVersionRow(calendar="weekdays", version=1, document=_WEEKDAYS, author="maya", saved_at=now))
    detail = "data.csat does not fit this event type. It must be a whole number from 1 to 5."
    refused = DeadLetterRow(id=UUID(_LETTER), received_at=now, reason="schema", field="data.csat", detail=detail, body=_REFUSED)
    session.add(refused)
    await a_queue(session, "complaints", skills=("billing", "law"), calendar="weekdays", pace_per_minute=12)
    tal = AgentRow(id=UUID(_TAL), name="Tal", presence_since=now, idle_since=now, created_at=now)
    tal.languages, tal.skills, tal.phone = ["he"], ["billing"], "+14155550199"
    session.add(tal)
    await session.flush()
    session.add(AgentQueueRow(agent_id=tal.id, queue="complaints"))
    await session.flush()
    await save_shifts(session, "Tal", _SHIFTS, who="test", now=now)
    await add_channel(session, "web", kind="web", types=["checkout.*", "order.placed"], who="test", now=now)
    await add_channel(session, "old-shop", kind="store", types=[], who="test", now=now)
    await revoke_channel(session, "old-shop", who="test", now=now)


async def take(visitors: Visitors, page: Page, step: str) -> None:
    """Press the button of that name, in English; nothing for the page as it opens."""
    if step:
        await visitors.choose(page.context, language="en", theme="light")
        await page.reload(wait_until="load")
        await page.get_by_role("button", name=step).click()
        await expect(page.get_by_role("button", name=step)).to_have_count(0)
