"""Channels on the console's settings: who may report what, and with which key; an admin changes them, others read."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session
from api.pages.console.now import Watching
from api.pages.frame import page
from api.pages.people import ProtectedForm, Role, Viewer, allow
from api.pages.settings.words import CHANNEL_FAULTS, KINDS, Shown, faults_of, listed
from api.transactions import Repeatable
from orchestrator.errors import BadInput
from orchestrator.intake.channel_changes import LOOKED_AT, NoSuchChannel, change_types, channels_now, replace_key
from orchestrator.intake.channel_levels import ServiceLevel, change_level, read_level
from orchestrator.intake.channels import add_channel, list_channels, revoke_channel
from orchestrator.intake.tables import ChannelRow

CHANNELS = "/console/settings/channels"
router = APIRouter(prefix=CHANNELS, route_class=Repeatable)

Admin = Annotated[Viewer, allow(Role.ADMIN)]
_NO_LEVEL = {"minutes": "", "percent": ""}
Line = Annotated[str, Form(max_length=4000)]


@router.get("")
async def show_channels(request: Request, viewer: Watching, session: Session) -> Response:
    return await _list(request, viewer, session)


@router.post("", dependencies=[ProtectedForm])
async def add(
    request: Request,
    viewer: Admin,
    session: Session,
    database: DatabaseDep,
    name: Line = "",
    kind: Line = "",
    types: Line = "",
) -> Response:
    typed, wanted = {"name": name.strip(), "kind": kind, "types": types}, list(listed(types))
    try:
        now = await database.clock.now(session)
        key = await add_channel(session, typed["name"], kind=kind, types=wanted, who=viewer, now=now)
    except BadInput as refused:  # told beside the fields, with all that was typed
        return await _list(request, viewer, session, typed=typed, refused=refused)
    return await _list(request, viewer, session, made=Shown(typed["name"], key))


@router.get("/{channel}")
async def show_channel(request: Request, channel: str, viewer: Admin, session: Session) -> Response:
    return await _one(request, viewer, await _known(session, channel))


@router.post("/{channel}", dependencies=[ProtectedForm])
async def change(
    request: Request, channel: str, viewer: Admin, session: Session, database: DatabaseDep, types: Line = ""
) -> Response:
    row = await _known(session, channel)
    try:
        now = await database.clock.now(session)
        await change_types(session, channel, listed(types), who=viewer, now=now)
    except BadInput as refused:
        return await _one(request, viewer, row, status=422, types=types, faults=faults_of(refused, CHANNEL_FAULTS))
    return RedirectResponse(CHANNELS, 303)


@router.post("/{channel}/level", dependencies=[ProtectedForm])
async def hold_to_level(
    request: Request,
    channel: str,
    viewer: Admin,
    session: Session,
    database: DatabaseDep,
    minutes: Annotated[str, Form(max_length=20)] = "",
    percent: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    row = await _known(session, channel)
    try:
        level = read_level(minutes, percent)
        await change_level(session, channel, level, who=viewer, now=await database.clock.now(session))
    except BadInput as refused:
        typed = {"minutes": minutes, "percent": percent, "faults": faults_of(refused, CHANNEL_FAULTS)}
        return await _one(request, viewer, row, status=422, **typed)
    return RedirectResponse(CHANNELS, 303)


@router.post("/{channel}/key", dependencies=[ProtectedForm])
async def another_key(
    request: Request,
    channel: str,
    viewer: Admin,
    session: Session,
    database: DatabaseDep,
    confirmed: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    row = await _known(session, channel)
    if confirmed != "yes":
        return await _one(request, viewer, row, asked="key")
    key = await replace_key(session, channel, who=viewer, now=await database.clock.now(session))
    return await _list(request, viewer, session, made=Shown(channel, key))


@router.post("/{channel}/revocation", dependencies=[ProtectedForm])
async def revoke(
    request: Request,
    channel: str,
    viewer: Admin,
    session: Session,
    database: DatabaseDep,
    confirmed: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    row = await _known(session, channel)
    if confirmed != "yes" and row.revoked_at is None:
        return await _one(request, viewer, row, asked="revocation")
    if row.revoked_at is None:  # sent twice, it was done by the first
        await revoke_channel(session, channel, who=viewer, now=await database.clock.now(session))
    return RedirectResponse(CHANNELS, 303)


async def _known(session: AsyncSession, name: str) -> ChannelRow:
    for row in await list_channels(session):
        if row.name == name:
            return row
    raise NoSuchChannel("there is no such channel")


async def _list(
    request: Request,
    viewer: Viewer,
    session: AsyncSession,
    *,
    typed: dict[str, str] | None = None,
    refused: BadInput | None = None,
    made: Shown | None = None,
) -> Response:
    return page(
        request,
        "settings/channels.html",
        viewer=viewer,
        status=422 if refused else 200,
        channels=await channels_now(session),
        looked_at=LOOKED_AT,
        typed=typed or {"name": "", "kind": "web", "types": ""},
        made=made,
        may_change=viewer.may(Role.ADMIN),
        kinds=KINDS,
        faults=faults_of(refused, CHANNEL_FAULTS),
    )


async def _one(request: Request, viewer: Viewer, row: ChannelRow, *, status: int = 200, **told: Any) -> Response:
    level = ServiceLevel.of(row)
    typed = {"minutes": f"{level.within.total_seconds() / 60:g}", "percent": f"{level.share:.0%}"} if level else _NO_LEVEL
    shown = {"types": "\n".join(row.types), "faults": {}, "asked": None, "kinds": KINDS, **typed, **told}
    return page(request, "settings/channel.html", viewer=viewer, status=status, channel=row, **shown)
