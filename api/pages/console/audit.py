"""The audit at the console: who changed what, when, from what, to what."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.dependencies import Session
from api.pages.console.now import Watching
from api.pages.frame import page
from orchestrator.insights.changes_made import changes_made

router = APIRouter(prefix="/console/audit")

_SHOWN = 50
Text = Annotated[str, Query(max_length=200)]


@router.get("")
async def show_audit(
    request: Request,
    viewer: Watching,
    session: Session,
    who: Text = "",
    what: Text = "",
    subject: Text = "",
    before: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
) -> Response:
    who, what, subject = who.strip(), what.strip(), subject.strip()
    rows = await changes_made(session, who=who, what=what, subject=subject, before=before, limit=_SHOWN + 1)
    more = {"who": who, "what": what, "subject": subject, "before": rows[_SHOWN - 1].id} if len(rows) > _SHOWN else None
    older = urlencode(more) if more else None
    shown = rows[:_SHOWN]
    return page(request, "console/audit.html", viewer=viewer, changes=shown, older=older, who=who, what=what, subject=subject)
