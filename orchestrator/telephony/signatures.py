"""Whether a webhook comes from our carrier account: its signature covers the URL we are known by and the form it carries."""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import ClassVar, Self
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from orchestrator.identity.tokens import Forbidden
from orchestrator.settings import Settings

_MOST_FIELDS = 300


class NotFromCarrier(Forbidden):
    """The request is not signed by our account, or speaks of a call that its token does not belong to."""

    code: ClassVar[str] = "not_from_carrier"


class Form:
    """A form as it was sent: blanks and repeated names survive, for the signature covers them."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, value in fields:
            self._fields.setdefault(name, []).append(value)

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read `application/x-www-form-urlencoded`. What cannot be read makes an empty form, which no signature fits."""
        try:
            return cls(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        except ValueError:
            return cls([])

    def __iter__(self):  # type: ignore[no-untyped-def]  # the validator takes any mapping with `getlist`
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def getlist(self, name: str) -> list[str]:
        return self._fields.get(name, [])

    def text(self, name: str) -> str | None:
        """Return the field's first value; None where it is missing or blank."""
        values = self._fields.get(name)
        return values[0] if values and values[0] else None

    def number(self, name: str) -> int | None:
        value = self.text(name)
        return int(value) if value is not None and value.isascii() and value.isdigit() else None

    def instant(self, name: str) -> datetime | None:
        """Return an RFC 2822 time, aware; None where it is missing or none."""
        try:
            at = parsedate_to_datetime(self.text(name) or "")
        except ValueError:
            return None
        return at if at.tzinfo is not None else None


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """Lets in what `account_sid` has signed with one of `tokens`: during a rotation there are two."""

    account_sid: str
    tokens: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        tokens = (settings.twilio_auth_token, settings.twilio_previous_auth_token)
        return cls(settings.twilio_account_sid, tuple(token.get_secret_value() for token in tokens if token is not None))

    def check(self, url: str, form: Form, signature: str | None) -> None:
        """Raise `NotFromCarrier` unless `form` was signed for exactly this `url` (as the carrier was given it)."""
        signed = any(RequestValidator(token).validate(url, form, signature or "") for token in self.tokens)
        if not signed or form.text("AccountSid") != self.account_sid:
            raise NotFromCarrier("the request is not signed by our carrier account")
