"""A travel site's sessions as events: a search starts a booking, a session touches it, a request completes it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.recorded.material import rows


def sessions(first: datetime, last: datetime) -> list[dict[str, str]]:
    """Return the sessions that begin within `[first, last)`."""
    table = rows("travel_sessions_half.psv", delimiter="|")
    return [row for row in table if first <= _instant(row["ts_min"]) < last]


def events(table: list[dict[str, str]], *, shift: timedelta = timedelta(0)) -> list[dict[str, Any]]:
    """Return the sessions' events, each moved by `shift`.

    A session that searched opens a checkout at its start; one that wrote, or only looked, touches it at its end; one that asked
    to book completes it at its end.
    """
    return [event for row in table for event in _of_session(row, shift)]


def _of_session(row: dict[str, str], shift: timedelta) -> list[dict[str, Any]]:
    begin, end = _instant(row["ts_min"]) + shift, _instant(row["ts_max"]) + shift
    told: list[tuple[str, datetime]] = []
    if row["did_search"] == "1":
        told.append(("checkout.started", begin))
    if row["sent_message"] == "1" or row["did_search"] == "0":
        told.append(("checkout.updated", end))
    if row["sent_booking_request"] == "1":
        told.append(("checkout.completed", end))
    return [_event(row, kind, at) for kind, at in told]


def _event(row: dict[str, str], kind: str, at: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{row['id_session']}-{kind}",
        "source": "travel/"
        + ("app" if "App" in row["dim_device_app_combo"] or "iPhone" in row["dim_device_app_combo"] else "web"),
        "type": kind,
        "subject": row["id_visitor"],
        "time": at.isoformat(),
        "data": {"total": 500, "sessions": int(row["dim_session_number"])},
    }


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
