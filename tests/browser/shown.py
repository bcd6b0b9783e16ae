"""What there is to see: every page by who may see it, every look, and a floor with something going on."""

from datetime import timedelta
from itertools import product
from uuid import UUID

from playwright.async_api import Page, expect
from sqlmodel import select

from api.pages.people import Role
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import Presence
from orchestrator.storage.database import Database
from tests.browser.conftest import NARROW, WIDE, Visitors
from tests.integration.floor import a_queue, a_task, an_agent

Look = tuple[str, str, tuple[int, int]]
HOSTILE = "<script>document.title='broken'</script>\u202eiveL aoN\u202c\" onmouseover=x " + "long" * 60
LOOKS = tuple(product(("en", "he"), ("light", "dark"), (WIDE, NARROW)))
SHOWN: dict[Role | None, tuple[str, ...]] = {
    None: ("/sign-in", "/nothing"),
    Role.AGENT: ("/desk", "/me"),
    Role.ADMIN: (
        "/console",
        "/console/switch",
        "/console/customers",
        "/console/customers/{customer_id}",
        "/console/results",
        "/console/settings",
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
NAMED = {"script": "checkout", "template": "finish-link"}
# What an agent presses on the desk, and what is to be seen then.
STEPS: dict[str, tuple[str, ...]] = {"/desk": ("Give me the next", "Accept")}


async def a_busy_floor(database: Database) -> tuple[UUID, UUID]:
    """Queues with work that waits, is due and is late; returns an agent and a customer whose name means harm."""
    async with database.transaction() as session:
        await a_queue(session, "sales")
        await a_queue(session, "service")
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
        mine = select(CustomerRow).join(EscalationRow).where(EscalationRow.id == task.escalation_id)
        customer = (await session.exec(mine)).one()
        customer.attributes = {**customer.attributes, "name": HOSTILE}
        return noa.id, customer.id


async def take(visitors: Visitors, page: Page, step: str) -> None:
    """Press the button of that name, in English; nothing for the page as it opens."""
    if step:
        await visitors.choose(page.context, language="en", theme="light")
        await page.reload(wait_until="load")
        await page.get_by_role("button", name=step).click()
        await expect(page.get_by_role("button", name=step)).to_have_count(0)
