"""What the demo sends and what it counts: an event is accepted when a `202` said so, however often it had to be sent."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from orchestrator.embedded.demo.channels import BATCH, MALFORMED, ONE, Due, Sender, Sent

KEYS = {"web": "key-of-web", "app": "key-of-app"}
Handler = Callable[[httpx.Request], httpx.Response]


def an_event(number: int, channel: str = "web") -> Due:
    return Due(timedelta(0), channel, {"source": f"demo/{channel}", "id": f"e-{number}", "type": "t"})


def answered(*verdicts: str, status: int = 202) -> httpx.Response:
    events = [{"index": index, "verdict": verdict} for index, verdict in enumerate(verdicts)]
    return httpx.Response(status, json={"events": events})


async def play(handler: Handler, *dues: Due) -> Sent:
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler), base_url="http://api") as client:
        sender = Sender(client, KEYS)
        await sender.play(dues, datetime.now(UTC) - timedelta(seconds=9))
    return sender.sent


async def test_each_channel_sends_with_its_own_key_what_happens_at_once_in_one_batch() -> None:
    seen: list[tuple[str, str, int]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        number = len(body) if isinstance(body, list) else 1
        seen.append((request.headers["authorization"], request.headers["content-type"], number))
        return answered(*["accepted"] * number)

    sent = await play(handler, an_event(1), an_event(2), an_event(3, "app"))

    assert sorted(seen) == [("Bearer key-of-app", ONE, 1), ("Bearer key-of-web", BATCH, 2)]
    assert sent.accepted == [("demo/web", "e-1"), ("demo/web", "e-2"), ("demo/app", "e-3")]


async def test_verdicts_are_counted_and_only_those_of_a_202_are_accepted() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return answered("accepted", "duplicate", "refused")

    sent = await play(handler, an_event(1), an_event(2), an_event(3))

    assert sent.accepted == [("demo/web", "e-1")]
    assert (sent.total, sent.verdicts) == (3, {"accepted": 1, "duplicate": 1, "refused": 1})


async def test_a_request_refused_as_a_whole_refuses_all_its_events() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"title": "no such key"})

    sent = await play(handler, an_event(1), an_event(2))

    assert (sent.accepted, sent.verdicts) == ([], {"refused": 2})


async def test_what_was_not_answered_is_sent_again_and_counted_once() -> None:
    answers: list[Any] = [httpx.ReadError("gone"), httpx.Response(503), answered("duplicate")]
    bodies: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, httpx.Response)
        return answer

    sent = await play(handler, an_event(1))

    assert len(set(bodies)) == 1
    assert (sent.total, sent.repeated, sent.verdicts) == (1, 2, {"duplicate": 1})


async def test_what_is_malformed_is_counted_and_never_believed_accepted() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return answered("refused", status=422)

    async with httpx.AsyncClient(transport=httpx.MockTransport(handler), base_url="http://api") as client:
        sender = Sender(client, KEYS)
        await sender.send_malformed()

    assert sender.sent.verdicts == {"refused": len(MALFORMED)}
    assert sender.sent.total == len(MALFORMED)
