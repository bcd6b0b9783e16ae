"""How Twilio writes sids, times, booleans and numbers on the wire."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

API_VERSION = "2010-04-01"

_E164 = re.compile(r"\+[1-9]\d{1,14}")
_ENDPOINT = re.compile(r"(client|sip|sips):\S{1,250}")


def new_sid(prefix: str) -> str:
    """Return a fresh sid: two letters that tell the kind of resource, then 32 hexadecimal digits."""
    return prefix + uuid4().hex


def utc_now() -> datetime:
    return datetime.now(UTC)


def rfc2822(moment: datetime | None) -> str | None:
    """Write `moment` (aware UTC) as REST answers and callbacks do, to the second."""
    return None if moment is None else format_datetime(moment)


def rfc3339(moment: datetime | None) -> str | None:
    """Write `moment` (aware UTC) with microseconds and a `Z`, as the simulator's own pages do."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def boolean(text: str | None, *, default: bool) -> bool:
    return default if text is None else text.strip().lower() == "true"


def yes(flag: bool) -> str:
    return "true" if flag else "false"


def whole(text: str | None, *, default: int, low: int, high: int) -> int:
    """Read a whole number, kept within `low` and `high`; what is no number is the default."""
    try:
        return min(max(int(text or default), low), high)
    except ValueError:
        return default


def is_number(address: str) -> bool:
    return _E164.fullmatch(address) is not None


def is_reachable(address: str) -> bool:
    """Whether a call can be addressed there at all: an E.164 number, or a client or SIP address."""
    return is_number(address) or _ENDPOINT.fullmatch(address) is not None


def is_absolute_url(url: str) -> bool:
    """Twilio wants absolute URLs, and refuses an underscore in the host (twilio-notes, 2)."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and "_" not in (host or "")


def attempt_token(*urls: str | None) -> str | None:
    """Return the `attempt` query parameter of the first URL that has one: whose attempt a ring was."""
    return query_value("attempt", *urls)


def query_value(name: str, *urls: str | None) -> str | None:
    """Return the query parameter `name` of the first URL that has it."""
    for url in urls:
        values = parse_qs(urlsplit(url or "").query).get(name)
        if values:
            return values[0]
    return None
