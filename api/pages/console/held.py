"""The customers whose cases are held back before they become a task, all of them or those of one reason."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.dependencies import Session
from api.pages.console import words
from api.pages.console.now import Lens, Watching
from api.pages.frame import page
from orchestrator.insights.held_cases import held, held_cases
from orchestrator.insights.naming import rule_titles

router = APIRouter(prefix="/console/held")

_SHOWN = 100


@router.get("")
async def show_held(request: Request, viewer: Watching, session: Session, why: str | None = None) -> Response:
    """Show them; `why` are the codes of one group, with commas between them."""
    reasons = None if why is None else [code for code in why.split(",") if code]
    groups, lens = await held(session), Lens.of(request, viewer)
    return page(
        request,
        "console/held.html",
        viewer=viewer,
        words=words,
        reasons=reasons,
        cases=await held_cases(session, reasons=reasons, limit=_SHOWN),
        number=sum(each.number for each in groups if reasons is None or list(each.reasons) == reasons),
        titles=await rule_titles(session, lens.language),
    )
