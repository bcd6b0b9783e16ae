"""Cursor pages: a cursor names the last row shown, so that rows which come and go shift nothing."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from orchestrator.errors import BadInput

Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=200, description="At most so many items.")]
After = Annotated[str | None, Query(alias="cursor", max_length=512, description="`next` of the page before.")]


class Page(BaseModel, Generic[Item]):
    """A page of a list; `next` is the cursor of the page after it, null on the last."""

    items: list[Item]
    next: str | None = None


def encode(at: datetime, row: UUID) -> str:
    """Return the cursor of a row that is listed by (`at`, `row`)."""
    return base64.urlsafe_b64encode(f"{at.isoformat()} {row}".encode()).decode().rstrip("=")


def decode(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return the place a cursor names, None for the first page. Raises `BadInput` for what `encode` never made."""
    if cursor is None:
        return None
    try:
        at, _, row = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        place = datetime.fromisoformat(at), UUID(row)
        place[0].astimezone()
    except (binascii.Error, ValueError, OverflowError):
        fix = "give `next` of the page before as it was"
        raise BadInput("the cursor is not one of ours", field="cursor", fix=fix) from None
    return place
