"""From error classes to problem documents, by one table. Endpoints never catch."""

import traceback
from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from api.pages.failures import is_for_a_browser, page_of
from api.problems import FieldFault, Problem
from api.streams import TooManyStreams
from orchestrator.detection.rule_files import BadRuleFile
from orchestrator.errors import BadInput, Conflict, NoSuch, OrchestratorError, Stale, Unseen
from orchestrator.identity.tokens import Forbidden, Unauthenticated
from orchestrator.intake.arrivals import TypeNotAllowed
from orchestrator.intake.reading import RequestRefused, TooLarge, UnsupportedMediaType
from orchestrator.rule_life.checking import LintErrors, LintUnconfirmed
from orchestrator.storage.database import DatabaseUnavailable
from orchestrator.storage.locks import NoSuchCustomer

log = structlog.get_logger(__name__)

# The nearest class of an error's ancestry decides; what stands nowhere here is ours to mend: 500 without detail.
STATUS: dict[type[OrchestratorError], int] = {
    BadInput: 422,
    Conflict: 409,
    DatabaseUnavailable: 503,
    Forbidden: 403,
    NoSuch: 404,
    NoSuchCustomer: 404,
    RequestRefused: 400,
    Stale: 412,
    TooLarge: 413,
    TooManyStreams: 429,
    TypeNotAllowed: 403,
    Unauthenticated: 401,
    Unseen: 428,
    UnsupportedMediaType: 415,
}

RETRY_AFTER = {"Retry-After": "1"}  # seconds
_FIXES = {
    "missing": "add this field",
    "extra_forbidden": "remove this field",
    "json_invalid": "send well-formed JSON",
    "string_too_short": "give a longer text",
    "string_too_long": "give a shorter text",
    "uuid_parsing": "give an id as another answer showed it",
    "datetime_from_date_parsing": "give an instant such as 2026-03-01T09:00:00Z",
    "datetime_parsing": "give an instant such as 2026-03-01T09:00:00Z",
    "timezone_aware": "add the offset from UTC, such as Z",
    "model_attributes_type": "send a JSON object with the media type application/json",
}


def problem_of(error: OrchestratorError) -> Problem:
    """Return the problem document of a failure of ours."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    if status == 500:
        return Problem.of("internal", 500, "something went wrong on our side")
    field, fix = getattr(error, "field", None), getattr(error, "fix", None)
    problem = Problem.of(error.code, status, str(error), field=field, fix=fix, errors=_faults(error))
    return problem.model_copy(update=_more(error))


def _faults(error: OrchestratorError) -> list[FieldFault]:
    """Return all that is wrong in a rule's document, where the error tells of more than one thing."""
    found = error.problems if isinstance(error, BadRuleFile) else ()
    return [FieldFault(field=each.field, detail=f"{each.line}:{each.column}: {each.message}", fix=each.fix) for each in found]


def _more(error: OrchestratorError) -> dict[str, object]:
    match error:
        case LintErrors() | LintUnconfirmed():
            return {"findings": [finding.as_json() for finding in error.findings]}
        case Stale():
            return {"difference": error.difference}
    return {}


def problem_of_validation(faults: Sequence[Any]) -> Problem:
    """Return the problem document of a request that does not fit its model; names every field, repeats no value."""
    errors = [FieldFault(field=_place(fault["loc"]), detail=fault["msg"], fix=_fix(fault)) for fault in faults]
    malformed = any(fault["type"] == "json_invalid" for fault in faults)
    first = errors[0]
    return Problem.of(
        "malformed" if malformed else "bad_input",
        400 if malformed else 422,
        f"{first.field}: {first.detail}",
        field=first.field,
        fix=first.fix,
        errors=errors,
    )


def _place(location: Sequence[Any]) -> str:
    # FastAPI puts the part of the request first (body, query, path, header); a reader of the problem wants the field.
    names = [str(part) for part in location]
    return ".".join(names[1:]) if len(names) > 1 else names[0]


def _fix(fault: Any) -> str:
    expected = (fault.get("ctx") or {}).get("expected")
    return f"use one of {expected}" if expected else _FIXES.get(fault["type"], "see the schema in /openapi.json")


def unexpected(error: BaseException, request: Request) -> Response:
    """Answer 500 without detail, and log where it happened: classes and places only, for messages may hold values."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error("request failed", error=type(error).__name__, at=frames[-8:])
    return _answer(request, Problem.of("internal", 500, "something went wrong on our side"))


def install(app: FastAPI) -> None:
    """Make every refusal of `app` a problem document, and a page where a page was asked for."""
    app.exception_handler(OrchestratorError)(_ours)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, OrchestratorError)
    problem = problem_of(error)
    if problem.status == 500:
        return unexpected(error, request)
    headers = dict(RETRY_AFTER) if error.retryable else {}
    if isinstance(error, Stale) and error.tag is not None:
        headers["ETag"] = error.tag
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return _answer(request, problem, headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _answer(request, problem_of_validation(error.errors()))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code < 400:  # a dependency that sends the browser elsewhere
        return Response(status_code=error.status_code, headers=error.headers)
    return _answer(request, Problem.of_status(error.status_code, error.detail), dict(error.headers or {}))


def _answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    named = problem.model_copy(update={"request_id": request_id})
    return page_of(request, named, headers or {}) if is_for_a_browser(request) else named.response(headers)
