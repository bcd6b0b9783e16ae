"""REST: messages."""

from typing import Any

from starlette.routing import Route

from orchestrator.embedded.carrier.door import Answer, Asked, Door
from orchestrator.embedded.carrier.exchange import Exchange
from orchestrator.embedded.carrier.messages import Message, Messages, MessageStatus, Text
from orchestrator.embedded.carrier.orders import hook
from orchestrator.embedded.carrier.paging import page
from orchestrator.embedded.carrier.phones import Behaviour
from orchestrator.embedded.carrier.refusals import (
    bad_sender,
    body_too_long,
    invalid_to,
    missing_body,
    missing_sender,
    missing_to,
    not_found,
)
from orchestrator.embedded.carrier.wire import API_VERSION, is_number, rfc2822

LONGEST_BODY = 1600


class MessageResources:
    """`/Messages`: create, list, fetch."""

    def __init__(self, exchange: Exchange, messages: Messages) -> None:
        self._exchange, self._messages = exchange, messages

    def routes(self, door: Door) -> list[Route]:
        return [
            door.route("/Messages.json", GET=self._list, POST=self._create),
            door.route("/Messages/{sid}.json", GET=self._fetch),
        ]

    def _create(self, asked: Asked) -> Answer:
        message = self._messages.send(self._text(asked))
        return Answer(self._render(message), 201, message.lane)

    def _fetch(self, asked: Asked) -> Answer:
        message = self._messages.by_sid.get(asked.params["sid"])
        if message is None:
            raise not_found(asked.path)
        return Answer(self._render(message))

    def _list(self, asked: Asked) -> Answer:
        to, from_ = asked.query.get("To"), asked.query.get("From")
        messages = [
            message
            for message in reversed(self._messages.by_sid.values())
            if to in (None, message.text.to) and from_ in (None, message.text.from_)
        ]
        return Answer(page(asked, "messages", messages, self._render, ("To", "From")))

    def _text(self, asked: Asked) -> Text:
        form = asked.form
        to, from_, service, body = (form.get(name) for name in ("To", "From", "MessagingServiceSid", "Body"))
        if to is None:
            raise missing_to()
        if not is_number(to) or self._exchange.phones.current(to).behaviour is Behaviour.INVALID:
            raise invalid_to(to)
        sender = from_ or service
        if sender is None:
            raise missing_sender()
        if from_ is not None and not (is_number(from_) and self._exchange.config.owns(from_)):
            raise bad_sender(from_)
        if body is None:
            raise missing_body()
        if len(body) > LONGEST_BODY:
            raise body_too_long()
        return Text(to=to, from_=sender, body=body, hook=hook(form, "StatusCallback"), service=service)

    def _render(self, message: Message) -> dict[str, Any]:
        account, text = self._exchange.account_sid, message.text
        uri = f"/{API_VERSION}/Accounts/{account}/Messages/{message.sid}"
        accepted = text.service is not None and message.status is MessageStatus.QUEUED
        return {
            "sid": message.sid,
            "account_sid": account,
            "api_version": API_VERSION,
            "body": text.body,
            "date_created": rfc2822(message.created_at),
            "date_sent": rfc2822(message.sent_at),
            "date_updated": rfc2822(message.updated_at),
            "direction": message.direction,
            "error_code": message.error,
            "error_message": None if message.error is None else "The message did not arrive.",
            "from": text.from_,
            "messaging_service_sid": text.service,
            "num_media": "0",
            "num_segments": str(text.segments),
            "price": None,
            "price_unit": "USD",
            "status": "accepted" if accepted else str(message.status),
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": text.to,
            "uri": f"{uri}.json",
        }
