"""Problem documents (RFC 9457): what every refusal of ours looks like."""

from http import HTTPStatus

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

MEDIA_TYPE = "application/problem+json"


class FieldFault(BaseModel):
    """One field that does not fit: where it stands, what is wrong with it, and what would fit."""

    field: str
    detail: str
    fix: str | None = None


class Problem(BaseModel):
    """`code` is stable and meant for programs, `detail` and `fix` for people. Holds ids and field names, never values."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:ringback:problem:stale_fence",
                    "title": "Stale fence",
                    "status": 409,
                    "code": "stale_fence",
                    "detail": "the task was given to somebody else since",
                    "fix": "ask for the next task",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    fix: str | None = None
    errors: list[FieldFault] = []
    findings: list[dict[str, str | int]] = []
    difference: str | None = None
    request_id: str | None = None

    @classmethod
    def of(
        cls,
        code: str,
        status: int,
        detail: str,
        *,
        field: str | None = None,
        fix: str | None = None,
        errors: list[FieldFault] | None = None,
    ) -> "Problem":
        return cls(
            type=f"urn:ringback:problem:{code}",
            title=code.replace("_", " ").capitalize(),
            status=status,
            code=code,
            detail=detail,
            field=field,
            fix=fix,
            errors=errors or [],
        )

    @classmethod
    def of_status(cls, status: int, detail: str | None = None) -> "Problem":
        """Return the problem that says no more than an HTTP status does."""
        phrase = HTTPStatus(status).phrase
        return cls.of(phrase.lower().replace(" ", "_").replace("-", "_"), status, detail or phrase)

    def response(self, headers: dict[str, str] | None = None) -> JSONResponse:
        content = self.model_dump(exclude_none=True, exclude_defaults=True)
        return JSONResponse(content, status_code=self.status, headers=headers, media_type=MEDIA_TYPE)
