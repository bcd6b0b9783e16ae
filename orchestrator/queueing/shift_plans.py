"""When an agent is meant to be on duty: a plan as people write it, and as it can be asked."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from orchestrator.availability.calendars import ZoneName
from orchestrator.availability.hours import Hours, spans
from orchestrator.availability.windows import LocalWindows, Spans, Windows
from orchestrator.availability.zones import zone
from orchestrator.documents import read_document

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def _a_name(agent: str) -> str:
    if not agent.strip() or not agent.isprintable():
        raise _fault("is no agent's name", "write the agent's name as `ringback agent list` shows it")
    return agent


def _some_queues(queues: list[str]) -> list[str]:
    if not queues:
        raise _fault("the list is empty", "name the queues, or leave `queues` out for all the agent serves")
    return queues


def _fault(reason: str, fix: str) -> PydanticCustomError:
    return PydanticCustomError("bad_shifts", "{reason}", {"reason": reason, "fix": fix})


class ShiftDocument(Hours):
    """The weekly shifts of the agent `shifts` names, and dates that are different.

    `queues`: what they are planned for, all they serve where it is left out.
    """

    shifts: Annotated[str, AfterValidator(_a_name)]
    zone: ZoneName
    queues: Annotated[list[str], AfterValidator(_some_queues)] | None = None


class ShiftPlan:
    """A plan that can be asked."""

    def __init__(self, document: ShiftDocument) -> None:
        self.document = document
        self._weekly, self._dated = document.weekly.by_weekday(), document.dated()
        self.on_duty: Windows = LocalWindows(zone(document.zone), self.spans_on)

    @property
    def agent(self) -> str:
        return self.document.shifts

    def spans_on(self, day: date) -> Spans:
        """Return the shifts that begin on the local date `day`, in order."""
        return self._dated[day] if day in self._dated else self._weekly[day.weekday()]

    def serves(self, queue: str) -> bool:
        """Tell whether the plan is for this queue, among those its agent serves."""
        return self.document.queues is None or queue in self.document.queues


def read_shifts(raw: bytes, *, name: str = "shifts") -> ShiftPlan:
    """Return the plan a YAML (or JSON) document describes. Raises `BadYaml` with field, place and fix."""
    return ShiftPlan(read_document(raw, ShiftDocument, name=name))


def written(document: ShiftDocument) -> str:
    """Return the plan as YAML, days and dates in order; days without shifts are left out."""
    return "\n".join([*_lines(document), ""])


def _lines(document: ShiftDocument) -> Iterator[str]:
    yield f"shifts: {json.dumps(document.shifts)}"
    yield f"zone: {document.zone}"
    if document.queues is not None:
        yield f"queues: {json.dumps(document.queues, ensure_ascii=False)}"
    yield "weekly:" if any(getattr(document.weekly, day) for day in DAYS) else "weekly: {}"
    for day in DAYS:
        if windows := getattr(document.weekly, day):
            yield f"  {day}: {json.dumps(_in_order(windows))}"
    if document.days:
        yield "days:"
    for each in sorted(document.days):
        yield f"  {each.isoformat()}: {json.dumps(_in_order(document.days[each])) if document.days[each] else 'closed'}"


def _in_order(windows: list[str]) -> list[str]:
    return sorted(windows, key=lambda window: spans([window]))
