"""Sends the demo's events over HTTP, each on its channel with its channel's key, as a channel would."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from orchestrator.embedded.demo.journeys import Journey, Said

BATCH = "application/cloudevents-batch+json"
ONE = "application/cloudevents+json"
_TICK = timedelta(milliseconds=500)

# What a channel with a bug sends. Each is refused with its reason, and nothing else comes to harm.
MALFORMED = (
    b'{"specversion": "1.0", "id": "bad-1", "source": "demo/web", "type": "checkout.started"}',
    b'{"specversion": "1.0", "id": "bad-2", "source": "demo/web", "type": "t", "subject": "x", "data": {"total": NaN}}',
    b'{"specversion": "1.0", "id": "bad-3", "source": "demo/web", "type": "t", "subject": "x", "time": "2199-01-01T00:00:00Z"}',
    b'{"specversion": "0.3", "id": "bad-4", "source": "demo/web", "type": "t", "subject": "x"}',
    b'{"specversion": "1.0", "id": "bad-5", "source": "demo/web", "type": "survey.answered", "subject": "x",'
    b' "data": {"csat": 9}}',
    b'{"specversion": "1.0", "id": "bad-6", "id": "bad-7", "source": "demo/web", "type": "t", "subject": "x"}',
)


@dataclass(slots=True)
class Sent:
    """What went out and what came back; `accepted` holds (source, id) of every verdict `accepted` in a `202`."""

    verdicts: Counter[str] = field(default_factory=Counter)
    accepted: list[tuple[str, str]] = field(default_factory=list)
    total: int = 0
    repeated: int = 0  # requests sent again because no answer came


@dataclass(frozen=True, slots=True)
class Due:
    at: timedelta
    channel: str
    event: dict[str, Any]


def schedule(journeys: Sequence[Journey], began: datetime) -> list[Due]:
    """Return every event with the offset at which it is sent, copies and all, in sending order."""
    dues = [due for journey in journeys for due in _of_journey(journey, began)]
    return sorted(dues, key=lambda due: due.at)


def _of_journey(journey: Journey, began: datetime) -> Iterator[Due]:
    for number, said in enumerate(journey.said):
        at = journey.starts + said.after
        event = _cloud_event(journey, number, said, began + at - said.happened)
        for copy in range(said.copies):
            yield Due(at + copy * _TICK, said.channel, event)


def _cloud_event(journey: Journey, number: int, said: Said, time: datetime) -> dict[str, Any]:
    data = dict(said.data)
    if (ends_in := data.pop("ends_in", None)) is not None:
        data["ends_at"] = (time + timedelta(seconds=ends_in)).isoformat()
    return {
        "specversion": "1.0",
        "id": f"{journey.subject}-{number}",
        "source": f"demo/{said.channel}",
        "type": said.type,
        "subject": journey.subject,
        "time": time.isoformat(),
        "data": data,
    }


class Sender:
    """Plays a schedule in real time. A request without an answer is sent again: that is what `source` and `id` are for."""

    def __init__(self, client: httpx.AsyncClient, keys: Mapping[str, str]) -> None:
        self._client, self._keys = client, keys
        self.sent = Sent()
        self.played = 0  # how many events of the schedule have been sent
        self._behind = timedelta(0)  # how far a slow machine has stretched the schedule
        self._times: dict[str, str] = {}  # as first sent, by id: a copy says the same

    async def play(self, dues: Sequence[Due], began: datetime) -> None:
        for tick in _by_tick(dues):
            planned = began + tick[0].at + self._behind
            await _sleep_until(planned)
            self._behind += max(timedelta(0), datetime.now(UTC) - planned)
            by_channel: dict[str, list[dict[str, Any]]] = {}
            for due in tick:
                by_channel.setdefault(due.channel, []).append(self._stamped(due.event))
            await asyncio.gather(*(self._send(channel, events) for channel, events in by_channel.items()))
            self.played += len(tick)

    def _stamped(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return the event as it happens on the stretched schedule, so that a customer's pauses stay as they are meant."""
        if "time" not in event:
            return event
        time = datetime.fromisoformat(event["time"]) + self._behind
        return event | {"time": self._times.setdefault(event["id"], time.isoformat())}

    async def send_malformed(self) -> None:
        for body in MALFORMED:
            await self._post("web", body, ONE, 1)

    async def _send(self, channel: str, events: list[dict[str, Any]]) -> None:
        one = len(events) == 1
        body = json.dumps(events[0] if one else events, ensure_ascii=False).encode()
        await self._post(channel, body, ONE if one else BATCH, len(events), events)

    async def _post(
        self, channel: str, body: bytes, media_type: str, number: int, events: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        headers = {"Authorization": f"Bearer {self._keys[channel]}", "Content-Type": media_type}
        self.sent.total += number
        while True:
            try:
                response = await self._client.post("/v1/events", content=body, headers=headers)
            except httpx.TransportError:
                response = None
            if response is not None and response.status_code < 500:
                break
            self.sent.repeated += 1
            await asyncio.sleep(0.2)
        self._note(response, number, events)

    def _note(self, response: httpx.Response, number: int, events: Sequence[Mapping[str, Any]]) -> None:
        verdicts = response.json().get("events")
        if verdicts is None:  # a whole-request refusal
            self.sent.verdicts["refused"] += number
            return
        for verdict in verdicts:
            self.sent.verdicts[verdict["verdict"]] += 1
            if verdict["verdict"] == "accepted" and response.status_code == httpx.codes.ACCEPTED and events:
                event = events[verdict["index"]]
                self.sent.accepted.append((str(event["source"]), str(event["id"])))


def _by_tick(dues: Sequence[Due]) -> Iterator[list[Due]]:
    tick: list[Due] = []
    for due in dues:
        if tick and due.at - tick[0].at > _TICK:
            yield tick
            tick = []
        tick.append(due)
    if tick:
        yield tick


async def _sleep_until(instant: datetime) -> None:
    await asyncio.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))
