"""The kill switch of the console: asked for with a reason, confirmed on a page that says what it does, lifted by a button."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.console.now import Lens, Supervising
from api.pages.frame import page
from api.pages.people import ProtectedForm
from api.transactions import Repeatable
from orchestrator.availability.situation import SwitchScope
from orchestrator.detection.tables import RuleRow
from orchestrator.insights.board import board
from orchestrator.insights.naming import rule_titles
from orchestrator.queueing.switching import lift, throw, thrown
from orchestrator.queueing.tables import QueueRow

router = APIRouter(prefix="/console/switch", route_class=Repeatable)


def _(text: str) -> str:
    """Mark a text for the catalogue; the page translates it."""
    return text


@dataclass(frozen=True, slots=True)
class Wish:
    """The form as it was sent."""

    scope: str = SwitchScope.EVERYTHING
    target: str = ""
    reason: str = ""

    def faults(self, *, queues: Sequence[str], rules: Sequence[str]) -> dict[str, str]:
        """Return what to mend, by field."""
        known = {SwitchScope.EVERYTHING.value: [""], SwitchScope.QUEUE.value: queues, SwitchScope.RULE.value: rules}
        found = {}
        if self.scope not in known:
            found["scope"] = _("Choose what to stop.")
        elif self.target not in known[self.scope]:
            fits = self.scope == SwitchScope.EVERYTHING
            found["target"] = _("Leave this empty, or stop one queue or rule.") if fits else _("Choose one of this kind.")
        if not self.reason:
            found["reason"] = _("Say why: whoever asks tomorrow has to know.")
        return found


@router.get("")
async def show_switch(request: Request, viewer: Supervising, session: Session) -> Response:
    return page(request, "console/switch.html", viewer=viewer, **await _form(session, Wish(), Lens.of(request, viewer)))


@router.post("", dependencies=[ProtectedForm])
async def send_switch(
    request: Request,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    scope: Annotated[str, Form(max_length=20)] = "",
    target: Annotated[str, Form(max_length=64)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
    confirmed: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    wish = Wish(scope, target, reason.replace("\0", "").strip())
    known = await _form(session, wish, Lens.of(request, viewer))
    faults = wish.faults(queues=known["queues"], rules=known["rules"])
    if faults or confirmed == "no":
        status = 422 if faults else 200
        return page(request, "console/switch.html", viewer=viewer, status=status, **{**known, "faults": faults})
    now = await database.clock.now(session)
    if confirmed != "yes":
        calls = (await board(session, now=now)).calls
        return page(request, "console/switch.html", viewer=viewer, **{**known, "asked": True, "calls": calls})
    await throw(
        session,
        scope=SwitchScope(scope),
        target=target or None,
        reason=wish.reason,
        author=viewer.login,
        who=viewer,
        now=now,
        settings=settings,
    )
    return RedirectResponse("/console", 303)


@router.post("/{switch_id}/lift", dependencies=[ProtectedForm])
async def lift_switch(
    switch_id: UUID, viewer: Supervising, session: Session, database: DatabaseDep, settings: SettingsDep
) -> Response:
    await lift(session, switch_id, who=viewer, now=await database.clock.now(session), settings=settings)
    return RedirectResponse("/console", 303)


async def _form(session: AsyncSession, wish: Wish, lens: Lens) -> dict[str, Any]:
    queues = (await session.exec(select(QueueRow.name).order_by(QueueRow.name))).all()
    rules = (await session.exec(select(RuleRow.name).order_by(RuleRow.name))).all()
    return {
        "scope": wish.scope,
        "target": wish.target,
        "reason": wish.reason,
        "queues": queues,
        "rules": rules,
        "target_choices": [(name, name) for name in dict.fromkeys([*queues, *rules])],
        "faults": {},
        "asked": False,
        "calls": 0,
        "switches": await thrown(session),
        "titles": await rule_titles(session, lens.language),
        "may_act": True,
    }
