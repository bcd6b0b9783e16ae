"""Cursor pages: a cursor names the last row shown, so that rows which come and go shift nothing."""

import base64
import binascii
import json
from typing import Annotated, Any, Generic, TypeVar

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


def encode(*place: str) -> str:
    """Return the cursor of the row at `place`, its ordering columns as text."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def decode(cursor: str, *, length: int) -> list[str]:
    """Return the place a cursor names. Raises `BadInput` for what `encode` never made."""
    try:
        place: Any = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        place = None
    if not isinstance(place, list) or len(place) != length or not all(isinstance(part, str) for part in place):
        raise BadInput("the cursor is not one of ours", field="cursor", fix="give `next` of the page before as it was")
    return place
