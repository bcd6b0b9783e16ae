"""How soon each page begins to arrive, on a database as full as a busy centre's after six weeks."""

import hashlib
import sys
import time
from uuid import UUID

import aiohttp

from api.pages.console.result_sections import Section
from api.pages.console.result_tables import TABLES
from benchmarks.errors import CannotRun
from benchmarks.figures import Figure
from benchmarks.full_floor import FullFloor, Visitor, full_floor
from benchmarks.place import Place
from benchmarks.visits import Visit, Who, visits

_TIMES = 20
_FIRST = 2  # before these everything is cold


async def run(place: Place) -> list[Figure]:
    """Measure every page of the registry by one visitor at a time; the floor is the answer that asks nobody anything."""
    floor = await full_floor(place)
    known, unknown = visits(_values(floor))
    for path in unknown:
        print(f"pages: no address is known for {path}: it was not measured", file=sys.stderr)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        bare = _p(95, [await _first_byte(client, f"{floor.url}/healthz") for _ in range(_FIRST + _TIMES)])
        return [figure for visit in known if (figure := await _measured(client, floor, visit, bare)) is not None]


def _values(floor: FullFloor) -> dict[str, list[str]]:
    """Return what the parameters of paths may be, by name."""
    return {
        "customer_id": [_longest_known()],
        "table": list(TABLES),
        "section": list(Section),
        "queue": ["sales"],
        "calendar": ["weekdays"],
        "agent_id": [str(floor.agent_id)],
        "person_id": [str(floor.person_id)],
        "channel": ["web"],
        "script": ["checkout"],
        "template": ["finish-link"],
    }


async def _measured(client: aiohttp.ClientSession, floor: FullFloor, visit: Visit, bare: float) -> Figure | None:
    who = _visitor(floor, visit.who)
    try:
        taken = [await _first_byte(client, floor.url + visit.address, who, visit.words) for _ in range(_FIRST + _TIMES)]
    except CannotRun as error:
        print(f"pages: {visit.name} was not measured: {error}", file=sys.stderr)
        return None
    what = f"{visit.name}, first byte, p95 of {_TIMES} (p50 {_p(50, taken):.0f} ms)"
    return Figure(what, "ms", _p(95, taken), bare, limit=visit.limit)


async def _first_byte(client: aiohttp.ClientSession, url: str, who: Visitor | None = None, words: str | None = None) -> float:
    """Return the milliseconds until the answer's body began. Raises `CannotRun` where there was none to be had."""
    headers = {"Accept": "text/html", "Accept-Language": "en"} | ({} if who is None else {"Cookie": who.cookie})
    form = None if words is None else {"words": words, "csrf": "" if who is None else who.csrf}
    method = "GET" if form is None else "POST"  # what a search finds stands on the page it leads to
    began = time.perf_counter()
    async with client.request(method, url, headers=headers, data=form, allow_redirects=form is not None) as response:
        await response.content.read(1)
        taken = (time.perf_counter() - began) * 1000
        if response.status >= 400:
            raise CannotRun(f"it answers with {response.status}")
        if response.content_type == "text/event-stream":
            response.close()
        else:
            await response.read()
    return taken


def _visitor(floor: FullFloor, who: Who) -> Visitor | None:
    match who:
        case Who.NOBODY:
            return None
        case Who.BUSY:
            return floor.agents[0]
        case Who.FREE:
            return floor.agents[449]
        case Who.ADMIN | Who.AUDITOR:
            return floor.admin if who is Who.ADMIN else floor.auditor


def _longest_known() -> str:
    return str(UUID(hashlib.md5(b"customer-1", usedforsecurity=False).hexdigest()))


def _p(share: int, taken: list[float]) -> float:
    warm = sorted(taken[_FIRST:])
    return warm[min(len(warm) - 1, len(warm) * share // 100)]
