"""The staff file of a back-test: which calendar a queue keeps, and how many agents it has."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel

from orchestrator.availability.calendars import Calendar, read_calendar
from orchestrator.cli.arguments import file_bytes
from orchestrator.detection.backtest_output import Capacity, capacity_of
from orchestrator.documents import read_document
from orchestrator.errors import BadInput

_HOUR = timedelta(hours=1)
_SUFFIXES = ("", ".yaml", ".yml")


class Staff(BaseModel):
    """`calendar` is a calendar's file, or its name without the suffix, beside the staff file or in `calendars/`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calendar: Annotated[str, Field(min_length=1, max_length=1024)]
    agents: Annotated[int, Field(strict=True, ge=0, le=100_000)]


class StaffFile(RootModel[dict[str, Staff]]):
    """Queues by name."""


def read_staff(path: Path) -> Capacity:
    """Return what an hour of a queue can take: agents times the part of the hour that is open. Raises `BadInput`."""
    document = read_document(file_bytes(path, field="--staff"), StaffFile, name=str(path))
    queues = {queue: (_calendar(path, staff.calendar), staff.agents) for queue, staff in document.root.items()}

    def capacity(queue: str | None, hour: datetime) -> float | None:
        if queue not in queues:
            return None
        calendar, agents = queues[queue]
        intervals = calendar.open_times().between(hour, hour + _HOUR)
        return capacity_of(agents, sum((interval.end - interval.start for interval in intervals), timedelta(0)))

    return capacity


def _calendar(staff: Path, name: str) -> Calendar:
    folders = (staff.parent, staff.parent / "calendars")
    candidates = [folder / f"{name}{suffix}" for folder in folders for suffix in _SUFFIXES]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise BadInput(f"there is no calendar {name}", field="--staff", fix=f"put it at {candidates[0]}")
    return read_calendar(file_bytes(found, field="--staff"), name=str(found))
