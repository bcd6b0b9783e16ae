"""SMS: sending, delivery, answers from phones, and the opt-out words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import structlog

from orchestrator.embedded.carrier.callbacks import Lane
from orchestrator.embedded.carrier.exchange import Exchange
from orchestrator.embedded.carrier.phones import Phone
from orchestrator.embedded.carrier.refusals import opted_out
from orchestrator.embedded.carrier.twiml import TwimlFailed, parse_replies
from orchestrator.embedded.carrier.webhooks import Hook, Reply, WebhookFailed
from orchestrator.embedded.carrier.wire import API_VERSION, new_sid, query_value, utc_now

log = structlog.get_logger()

STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})
STOPPED = "You have successfully been unsubscribed. You will not receive any more messages. Reply START to resubscribe."
STARTED = "You have successfully been re-subscribed to messages from this number. Reply STOP to unsubscribe."
HELPED = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
SENDING, TRAVELLING = 0.05, 0.5  # simulated seconds to leave the carrier, and to reach the phone


class MessageStatus(StrEnum):
    """A message's states; there is no callback for `queued`."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Text:
    """A message as it was asked for."""

    to: str
    from_: str
    body: str
    hook: Hook | None = None
    service: str | None = None

    @property
    def segments(self) -> int:
        """Return how many parts it is billed as: 160 characters each, 70 where they need UCS-2."""
        single, part = (160, 153) if self.body.isascii() else (70, 67)
        return 1 if len(self.body) <= single else math.ceil(len(self.body) / part)


@dataclass(slots=True, eq=False)
class Message:
    """A message's state."""

    text: Text
    direction: str = "outbound-api"
    sid: str = field(default_factory=lambda: new_sid("SM"))
    status: MessageStatus = MessageStatus.QUEUED
    error: int | None = None
    created_at: datetime = field(default_factory=utc_now)
    updated_at: datetime = field(default_factory=utc_now)
    sent_at: datetime | None = None
    lane: Lane = field(default_factory=Lane)

    @property
    def token(self) -> str | None:
        """The `message` query parameter of its callback: which of the application's messages this is."""
        return query_value("message", self.text.hook.url if self.text.hook else None)


class Messages:
    """All messages of the account, and who has opted out of which sender."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._opted_out: set[tuple[str, str]] = set()
        self.by_sid: dict[str, Message] = {}

    def send(self, text: Text) -> Message:
        """Take a message for sending. Raises `Refused` 21610 where the person has opted out of this sender."""
        if (text.to, text.from_) in self._opted_out:
            raise opted_out()
        message = self._keep(Message(text))
        self._exchange.tasks.start(self._carry(message))
        return message

    def receive(self, text: Text) -> Message:
        """Take a message from a phone: opt-out words have their effect, and the application is told in any case."""
        message = self._keep(Message(text, direction="inbound", status=MessageStatus.RECEIVED))
        self._exchange.tasks.start(self._hear(message))
        return message

    def clear(self) -> None:
        self.by_sid.clear()
        self._opted_out.clear()

    def _keep(self, message: Message) -> Message:
        self.by_sid[message.sid] = message
        return message

    async def _carry(self, message: Message) -> None:
        """Bring a message to its phone, or not, as the phone's script says; then the phone may answer."""
        exchange, to = self._exchange, message.text.to
        phone, number = exchange.phones.current(to), exchange.phones.next_message(to)
        await exchange.pace.sleep(SENDING)
        self._move(message, MessageStatus.SENDING)
        if phone.sms != "failed":
            message.sent_at = utc_now()
            self._move(message, MessageStatus.SENT)
            await exchange.pace.sleep(TRAVELLING)
        if phone.sms != "sent":
            message.error = None if phone.sms == "delivered" else phone.sms_error
            self._move(message, MessageStatus(phone.sms), last=True)
        exchange.callbacks.flush(message.lane)
        if phone.sms == "delivered":
            await self._answer(message, phone, number)

    async def _answer(self, message: Message, phone: Phone, number: int) -> None:
        body = phone.reply(number)
        if body is not None and message.direction == "outbound-api":
            await self._exchange.pace.sleep(phone.reply_after)
            self.receive(Text(to=message.text.from_, from_=message.text.to, body=body))

    async def _hear(self, message: Message) -> None:
        """Act on opt-out words, then tell the application; a single word counts, however it is written."""
        text, word = message.text, message.text.body.strip().upper()
        pair = (text.from_, text.to)
        if word in STOP_WORDS:
            self._opted_out.add(pair)
        elif word in START_WORDS:
            self._opted_out.discard(pair)
        notice = _notice(word)
        if notice is not None:
            self._reply(text, notice, blocked=False)
        url = self._exchange.config.sms_url_of(text.to)
        if url is not None:
            await self._ask(message, Hook(url))

    async def _ask(self, message: Message, hook: Hook) -> None:
        pair = (message.text.from_, message.text.to)
        try:
            reply = await self._exchange.webhooks.request(hook, self._inbound_fields(message))
            for body in _bodies(reply):
                self._reply(message.text, body, blocked=pair in self._opted_out)
        except WebhookFailed as error:
            log.info("inbound message not delivered", message_sid=message.sid, reason=error.reason)
        except TwimlFailed as error:
            log.warning("reply not followed", message_sid=message.sid, code=error.number)

    def _reply(self, heard: Text, body: str, *, blocked: bool) -> None:
        if not blocked:
            text = Text(to=heard.from_, from_=heard.to, body=body)
            self._exchange.tasks.start(self._carry(self._keep(Message(text, direction="outbound-reply"))))

    def _move(self, message: Message, status: MessageStatus, *, last: bool = False) -> None:
        message.status, message.updated_at = status, utc_now()
        if message.text.hook is not None:
            self._exchange.callbacks.tell(message.lane, message.text.hook, self._fields(message), to=message.text.to, last=last)

    def _fields(self, message: Message) -> Mapping[str, str]:
        fields = {
            "AccountSid": self._exchange.account_sid,
            "ApiVersion": API_VERSION,
            "From": message.text.from_,
            "MessageSid": message.sid,
            "MessageStatus": str(message.status),
            "SmsSid": message.sid,
            "SmsStatus": str(message.status),
            "To": message.text.to,
        }
        if message.text.service:
            fields["MessagingServiceSid"] = message.text.service
        return fields if message.error is None else fields | {"ErrorCode": str(message.error)}

    def _inbound_fields(self, message: Message) -> Mapping[str, str]:
        return {
            "AccountSid": self._exchange.account_sid,
            "ApiVersion": API_VERSION,
            "Body": message.text.body,
            "From": message.text.from_,
            "MessageSid": message.sid,
            "NumMedia": "0",
            "NumSegments": str(message.text.segments),
            "SmsMessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsStatus": "received",
            "To": message.text.to,
        }


def _notice(word: str) -> str | None:
    """Return what Twilio answers by itself to a keyword."""
    if word in STOP_WORDS:
        return STOPPED
    if word in START_WORDS:
        return STARTED
    return HELPED if word in HELP_WORDS else None


def _bodies(reply: Reply) -> tuple[str, ...]:
    return parse_replies(reply.text) if reply.status == 200 and reply.text.strip() else ()
