"""Builds the application: its parts, its routes, and how they start and stop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from api import errors
from api.dependencies import Replayed
from api.middleware import RequestContext
from api.newsroom import Newsroom
from api.pages.account.openid_provider import Provider
from api.pages.desk.attendance import Attendance
from api.pages.desk.lists import WaitingLists
from api.pages.headers import StrictHeaders
from api.pages.registry import PAGES
from api.problems import MEDIA_TYPE, Problem
from api.routes.registry import ROUTERS
from api.streams import Streams
from api.transactions import Signs
from orchestrator.detection.acting import Policy
from orchestrator.detection.library import RuleLibrary
from orchestrator.intake.accept import Intake
from orchestrator.intake.channels import ChannelKeys
from orchestrator.settings import Settings
from orchestrator.storage.database import Database

_ABOUT = "Ringback watches customers' journeys for the moments that need a person, and sees to it that a person calls."
_REFUSED: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}
    for status, text in {
        401: "No token, or one that has ended.",
        403: "The token is not for this.",
        409: "The state does not allow it, or another had it since.",
        422: "A field does not fit; the problem names it and the fix.",
        503: "The database is away; try again.",
    }.items()
}


def create_app(settings: Settings) -> FastAPI:
    """Return the application. Its lifespan opens the database, so it has to run before a request is answered.

    `app.state` holds `settings`, `rules` and, while it runs, `database` and `newsroom`.
    """
    app = FastAPI(
        title="Ringback",
        summary="Moments in self-service become one call that is kept.",
        description=_ABOUT,
        version=version("ringback"),
        lifespan=_lifespan,
        responses=_REFUSED,
        # FastAPI's own pages load script from elsewhere, into the origin of people's cookies: `pages/reference.py` is ours.
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.rules = RuleLibrary()
    app.state.openid = Provider(settings) if settings.offers_openid else None
    app.state.signs = Signs()
    app.state.streams = Streams(settings.open_streams)
    app.state.lists = WaitingLists(app.state.rules)
    app.add_middleware(RequestContext)
    app.add_middleware(StrictHeaders, https=settings.public_url.startswith("https:"))
    app.exception_handler(Replayed)(_replayed)
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    for router in PAGES:
        app.include_router(router, include_in_schema=False)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    app.state.database = Database(settings.database(), pool_size=20)
    app.state.intake = Intake(app.state.database, app.state.rules, Policy.of(settings))
    app.state.channel_keys = ChannelKeys(app.state.database)
    try:
        newsroom, attendance = Newsroom(settings, app.state.database), Attendance(settings, app.state.database)
        async with newsroom.open() as app.state.newsroom, attendance.open() as app.state.attendance:
            yield
    finally:
        await app.state.database.close()


async def _replayed(_: Request, replay: Exception) -> Response:
    assert isinstance(replay, Replayed)
    headers = {"Idempotency-Replayed": "true"}
    return Response(replay.answer.body, replay.answer.status, headers, media_type="application/json")
