"""Events that were refused: why, what came, and the way in again once they are mended."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import select

from api.dependencies import DatabaseDep, Session
from api.intake import IntakeDep
from api.pages.console.now import Supervising
from api.pages.events import words
from api.pages.frame import page
from api.pages.people import ProtectedForm, Viewer
from api.paging import decode, encode
from api.transactions import Repeatable
from orchestrator.errors import BadInput, NoSuch
from orchestrator.intake.dead_letters import letter_of, open_letters
from orchestrator.intake.tables import ChannelRow, DeadLetterRow

router = APIRouter(prefix="/console/events", route_class=Repeatable)

_SHOWN = 50


@router.get("")
async def show_refused(
    request: Request,
    viewer: Supervising,
    session: Session,
    older: Annotated[str | None, Query(max_length=200)] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What came may hold personal data: it is on a letter's own page, for who mends it."""
    rows = await open_letters(session, before=decode(older), limit=_SHOWN + 1)
    last = rows[_SHOWN - 1] if len(rows) > _SHOWN else None
    channels = {row.id: row.name for row in (await session.exec(select(ChannelRow))).all()}
    return page(
        request,
        "events/refused.html",
        viewer=viewer,
        letters=rows[:_SHOWN],
        channels=channels,
        older=encode(last.received_at, last.id) if last else None,
        told=words.REPLAYED if done == "replayed" else None,
        words=words,
    )


@router.get("/refused/{letter_id}")
async def show_letter(request: Request, letter_id: UUID, viewer: Supervising, session: Session) -> Response:
    return _letter(request, viewer, await letter_of(session, letter_id))


@router.post("/refused/{letter_id}", dependencies=[ProtectedForm])
async def replay_letter(
    request: Request,
    letter_id: UUID,
    viewer: Supervising,
    database: DatabaseDep,
    intake: IntakeDep,
    event: Annotated[str, Form(max_length=5_000_000)] = "",
) -> Response:
    async with database.transaction() as session:  # over before the event is taken in, which needs a connection too
        letter = await letter_of(session, letter_id)
    mended = event.replace("\r\n", "\n")
    as_it_was = mended == _text(letter)
    try:
        await intake.replay(letter_id, None if as_it_was else mended.encode("utf-8", "surrogatepass"), who=viewer)
    except NoSuch:
        return _letter(request, viewer, letter, typed=mended, told=words.GONE, status=409)
    except BadInput as refused:
        return _letter(request, viewer, letter, typed=mended, refused=refused, status=422)
    return RedirectResponse(f"{router.prefix}?done=replayed", 303)


def _letter(
    request: Request,
    viewer: Viewer,
    letter: DeadLetterRow,
    *,
    typed: str | None = None,
    told: str | None = None,
    refused: BadInput | None = None,
    status: int = 200,
) -> Response:
    return page(
        request,
        "events/letter.html",
        viewer=viewer,
        status=status,
        letter=letter,
        text=_text(letter) if typed is None else typed,
        told=told,
        field=refused.field if refused else letter.field,
        detail=f"{refused.detail} {refused.fix or ''}" if refused else letter.detail,
        words=words,
    )


def _text(letter: DeadLetterRow) -> str:
    return letter.body.decode("utf-8", "replace").replace("\r\n", "\n")
