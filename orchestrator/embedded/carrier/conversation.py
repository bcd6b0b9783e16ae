"""Following TwiML: what a call does between its answer and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never
from urllib.parse import urljoin

import structlog

from orchestrator.embedded.carrier.call import (
    BUSY,
    HUNG_UP,
    NOBODY,
    Call,
    Direction,
    Ending,
    Enter,
    Fetch,
    Inline,
    Order,
    Source,
    Subscription,
)
from orchestrator.embedded.carrier.dialing import dial_numbers
from orchestrator.embedded.carrier.pace import race
from orchestrator.embedded.carrier.rooms import Participant, Reason
from orchestrator.embedded.carrier.twiml import (
    BAD_CONTENT_TYPE,
    DIAL_IN_WHISPER,
    FETCH_FAILED,
    ConferenceNoun,
    Dial,
    Gather,
    Hangup,
    NumberNoun,
    Pause,
    Prompt,
    Redirect,
    Reject,
    Target,
    TwimlFailed,
    Verb,
    parse_voice,
)
from orchestrator.embedded.carrier.webhooks import Hook, WebhookFailed
from orchestrator.embedded.carrier.wire import attempt_token, is_absolute_url

if TYPE_CHECKING:
    from orchestrator.embedded.carrier.exchange import Exchange

log = structlog.get_logger()

XML = frozenset({"text/xml", "application/xml"})
REPEATED_LABEL = 16025
ROOM_FULL = 13233


@dataclass(frozen=True, slots=True)
class Document:
    """Verbs, and where they came from: relative URLs begin there, and it is the default action."""

    verbs: tuple[Verb, ...]
    hook: Hook | None


class Conversation:
    """Carries out the documents of one call."""

    def __init__(self, call: Call, exchange: Exchange) -> None:
        self._call, self._exchange = call, exchange

    async def follow(self, start: Source | Document) -> Ending | None:
        """Follow `start` and every document it leads to. None when the last one ran out of verbs.

        A document that cannot be had or read, and has no fallback, ends the call; its code stays with the call.
        """
        try:
            if isinstance(start, Enter):
                await self._stay(start.participant, self._call.order.limit)
                return HUNG_UP
            return await self._follow(start if isinstance(start, Document) else await self.read(start))
        except TwimlFailed as error:
            self._call.errors.append(error.number)
            log.warning("document not followed", call_sid=self._call.sid, code=error.number)
            return HUNG_UP

    async def read(self, source: Fetch | Inline) -> Document:
        """Get and parse a document, or the fallback's. Raises `TwimlFailed`."""
        try:
            return await self._read(source)
        except TwimlFailed as error:
            if self._call.order.fallback is None:
                raise
            self._call.errors.append(error.number)
            url = source.hook.url if isinstance(source, Fetch) else ""
            return await self._read(Fetch(self._call.order.fallback, {"ErrorCode": str(error.number), "ErrorUrl": url}))

    async def _read(self, source: Fetch | Inline) -> Document:
        if isinstance(source, Inline):
            return Document(parse_voice(source.twiml), None)
        try:
            fields = self._exchange.fields(self._call) | dict(source.fields)
            reply = await self._exchange.webhooks.request(source.hook, fields)
        except WebhookFailed as error:
            raise TwimlFailed(FETCH_FAILED) from error
        if reply.status == 204:
            return Document((), source.hook)
        if not 200 <= reply.status < 300:
            raise TwimlFailed(FETCH_FAILED)
        if reply.content_type not in XML:
            raise TwimlFailed(BAD_CONTENT_TYPE)
        return Document(parse_voice(reply.text), source.hook)

    async def _follow(self, document: Document) -> Ending | None:
        while True:
            step = await self._run(document)
            if not isinstance(step, Fetch):
                return step
            document = await self.read(step)

    async def _run(self, document: Document) -> Fetch | Ending | None:
        for verb in document.verbs:
            step = await self._perform(verb, document)
            if step is not None:
                return step
        return None

    async def _perform(self, verb: Verb, document: Document) -> Fetch | Ending | None:
        match verb:
            case Prompt() | Pause():
                await self._exchange.pace.sleep(verb.seconds)
                return None
            case Redirect():
                return Fetch(_hook(verb.target, document))
            case Gather():
                return await self._gather(verb, document)
            case Dial():
                return await self._dial(verb, document)
            case Hangup():
                return HUNG_UP
            case Reject():
                return BUSY if verb.busy else NOBODY
            case _:
                assert_never(verb)

    async def _gather(self, gather: Gather, document: Document) -> Fetch | None:
        """Listen while the prompts play and for the timeout after them; pressing a key stops the prompts."""
        press = self._call.phone.pressed(self._call.gathers) if gather.keys else None
        self._call.gathers += gather.keys
        listening = sum(prompt.seconds for prompt in gather.prompts) + gather.timeout
        await self._exchange.pace.sleep(listening if press is None else min(press.after, listening))
        digits = "" if press is None or press.after > listening else press.digits
        heard, complete = _heard(digits, gather)
        if heard and not complete:
            await self._exchange.pace.sleep(gather.timeout)
        if not heard and not gather.on_empty:
            return None
        return Fetch(_action(gather.action, document), {"Digits": heard})

    async def _dial(self, dial: Dial, document: Document) -> Fetch | None:
        if self._call.direction is Direction.DIAL and not self._call.released.done():
            raise TwimlFailed(DIAL_IN_WHISPER)
        if dial.conference is not None:
            fields = await self._confer(dial, dial.conference, document)
        else:
            orders = [self._leg(dial, noun, document) for noun in dial.numbers]
            fields = await dial_numbers(self._call, dial, orders, self._exchange)
        return None if dial.action is None else Fetch(_hook(dial.action, document), fields)

    def _leg(self, dial: Dial, noun: NumberNoun, document: Document) -> Order:
        whisper = None if noun.whisper is None else _hook(noun.whisper, document)
        callback = None if noun.callback is None else _hook(noun.callback, document)
        return Order(
            to=noun.address,
            from_=dial.caller_id or self._call.order.from_,
            source=None if whisper is None else Fetch(whisper),
            subscription=None if callback is None else Subscription(callback, noun.events),
            ring=dial.timeout,
            attempt=attempt_token(*(hook.url for hook in (whisper, callback) if hook is not None)),
        )

    async def _confer(self, dial: Dial, noun: ConferenceNoun, document: Document) -> dict[str, str]:
        room = self._exchange.rooms.open(noun.name)
        repeated = noun.label is not None and room.labelled(noun.label) is not None
        if repeated or len(room.participants) >= noun.most:
            self._call.errors.append(REPEATED_LABEL if repeated else ROOM_FULL)
            return {"DialCallStatus": "failed"}
        room.subscribe(None if noun.callback is None else _hook(noun.callback, document), noun.events)
        participant = Participant(self._call, room, label=noun.label, starts=noun.starts, ends=noun.ends, muted=noun.muted)
        await self._stay(participant, dial.limit)
        return {"DialCallStatus": "answered"}

    async def _stay(self, participant: Participant, limit: float) -> None:
        """Be in the room until it lets go, the limit is reached, or the call itself goes elsewhere."""
        self._exchange.rooms.enter(participant)
        try:
            await race(self._exchange.pace.sleep(limit), participant.left)
        finally:
            self._exchange.rooms.leave(participant, self._why_left())

    def _why_left(self) -> Reason:
        ended = self._call.ended
        by_api = ended.result().by_api if ended.done() else self._call.redirected.done()
        return Reason.BY_API if by_api else Reason.HUNG_UP


def _heard(digits: str, gather: Gather) -> tuple[str, bool]:
    """Return the digits a Gather takes, and whether it waits for no more."""
    before, finish, _ = digits.partition(gather.finish) if gather.finish else (digits, "", "")
    if gather.digits is not None and len(before) >= gather.digits:
        return before[: gather.digits], True
    return before, bool(finish)


def _action(action: Target | None, document: Document) -> Hook:
    if action is not None:
        return _hook(action, document)
    if document.hook is None:
        raise TwimlFailed(FETCH_FAILED)  # A document given with the request has no URL to return to.
    return document.hook


def _hook(target: Target, document: Document) -> Hook:
    url = urljoin("" if document.hook is None else document.hook.url, target.url)
    if not is_absolute_url(url):
        raise TwimlFailed(FETCH_FAILED)
    return Hook(url, target.method)
