"""Photographs every page, light and dark, in both languages, wide and narrow: `make screenshots`, into `screenshots/`."""

import re
from datetime import timedelta
from itertools import product
from pathlib import Path
from uuid import UUID

from playwright.async_api import Page
from sqlmodel import select

from api.pages.navigation import paths
from api.pages.people import Role
from orchestrator.escalations.tables import EscalationRow
from orchestrator.queueing.tables import Presence
from orchestrator.storage.database import Database
from tests.browser.conftest import NARROW, WIDE, Visitors
from tests.integration.floor import a_queue, a_task, an_agent

FOLDER = Path(__file__).parents[2] / "screenshots"
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
        "/console/audit",
        "/me",
        "/me/second-factor",
    ),
}


async def test_every_page_is_photographed(visitors: Visitors, database: Database) -> None:
    agent, customer = await a_busy_floor(database)

    for role, shown in SHOWN.items():
        if role is None:
            context = await visitors.anybody()
        else:
            context, _ = await visitors.person(role, agent_id=agent if role is Role.AGENT else None)
        page = await context.new_page()
        for path in (path for path in shown if path in paths() or role is None):
            await page.goto(path.format(customer_id=customer), wait_until="load")
            for look in LOOKS:
                await photograph(visitors, page, path, look)
        await context.close()


async def a_busy_floor(database: Database) -> tuple[UUID, UUID]:
    """Queues with work that waits, is due and is late, and people at it; returns an agent and a customer."""
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
        mine = select(EscalationRow.customer_id).where(EscalationRow.id == task.escalation_id)
        return noa.id, (await session.exec(mine)).one()


async def photograph(visitors: Visitors, page: Page, path: str, look: tuple[str, str, tuple[int, int]]) -> None:
    language, theme, (width, height) = look
    await visitors.choose(page.context, language=language, theme=theme)
    await page.set_viewport_size({"width": width, "height": height})
    await page.reload(wait_until="load")
    await page.evaluate("document.fonts.ready")
    name = re.sub(r"[^a-z-]+", "", path.strip("/").replace("/", "-").replace("customer_id", "one"))
    FOLDER.mkdir(exist_ok=True)
    await page.screenshot(path=FOLDER / f"{name}-{language}-{theme}-{width}.png", full_page=True)
