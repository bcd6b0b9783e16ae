"""The one place where the environment is read. Built in `main()` by `load` and passed down, never imported as a value.

Each setting is `RINGBACK_` and the field's name in capitals; a file of that name (in small letters) in the data
folder's `secrets/` or `run/` holds what embedded mode generated. The environment comes first. `docs/settings.md`
describes every one, and a test compares it with this class.
"""

import base64
import binascii
import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from orchestrator.availability.marketing_rules import Sector
from orchestrator.availability.zones import country_zones, zone_names
from orchestrator.errors import BadInput
from orchestrator.identity.field_names import field_names

PREFIX = "RINGBACK_"
SECRETS = "secrets"
RUNNING = "run"
_DURATION = re.compile(r"(0|[1-9][0-9]*)(ms|s|m|h|d)")
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: object) -> object:
    """Read `15m`, `20s`, `2h`, `7d`, `200ms` or `0s`: one number, one unit, a day is 24 hours."""
    if not isinstance(text, str):
        return text
    if (match := _DURATION.fullmatch(text.strip())) is None:
        raise ValueError("must be a whole number and one of ms, s, m, h, d, such as 15m")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _commas(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _http_url(value: str) -> str:
    if re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value) is None:
        raise ValueError("must be a URL such as https://ringback.example.com, without query or fragment")
    return value.rstrip("/")


def _country(value: str) -> str:
    if not value.isupper() or not country_zones(value):
        raise ValueError("must be ISO codes of countries in capitals, such as IL")
    return value


def _contact_caps(value: str) -> str:
    _caps(value)
    return value


def _caps(value: str) -> tuple["ContactCap", ...]:
    return tuple(_cap(part) for part in value.split(",") if part.strip())


def _cap(text: str) -> "ContactCap":
    limit, _, within = text.strip().partition("/")
    stretch = parse_duration(within)
    if not re.fullmatch(r"[1-9][0-9]{0,5}", limit) or not isinstance(stretch, timedelta) or not stretch:
        raise ValueError("must be a list of number/duration, such as 6/24h,20/30d")
    return ContactCap(limit=int(limit), within=stretch)


def _address(text: str) -> str:
    ip_network(text)  # its ValueError says what does not fit
    return text


def _zone(name: str) -> str:
    if name not in zone_names():
        raise ValueError("must be an IANA name such as Asia/Jerusalem")
    return name


Duration = Annotated[timedelta, BeforeValidator(parse_duration), Field(ge=timedelta(0))]
PositiveDuration = Annotated[timedelta, BeforeValidator(parse_duration), Field(gt=timedelta(0))]
# Rules on abandoned calls (United States, United Kingdom) want a phone to ring so long before it is given up.
RingDuration = Annotated[timedelta, BeforeValidator(parse_duration), Field(ge=timedelta(seconds=15))]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Numbers = Annotated[tuple[Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")], ...], NoDecode, BeforeValidator(_commas)]
Countries = Annotated[tuple[Annotated[str, AfterValidator(_country)], ...], NoDecode, BeforeValidator(_commas)]
FieldNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(field_names)]
Addresses = Annotated[tuple[Annotated[str, AfterValidator(_address)], ...], NoDecode, BeforeValidator(_commas)]


@dataclass(frozen=True, slots=True)
class ContactCap:
    """At most `limit` dials and messages to a customer, and to a number, in any stretch of `within`."""

    limit: int
    within: timedelta


class NotConfigured(BadInput):
    """A setting is missing or does not fit. The text names the variable and never a value; of fields, their names."""

    code = "not_configured"


@dataclass(frozen=True, slots=True)
class PayloadKey:
    """One AES-256 key for Temporal payloads: `secret` is 32 bytes; `key_id` stands readable beside the ciphertext."""

    key_id: str
    secret: bytes = field(repr=False)


class Settings(BaseSettings):
    """All settings of one process. Secrets have no default: `ringback up` makes them, elsewhere one missing is fatal."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True, env_ignore_empty=True
    )

    # Where things are. None means: the embedded one, which `ringback up` starts.
    data: Path = Path(".ringback")
    database_url: Annotated[str | None, Field(repr=False)] = None
    temporal_address: str | None = None
    temporal_namespace: str = "default"
    temporal_tls: bool = False
    temporal_api_key: SecretStr | None = None
    temporal_ui: HttpUrl | None = None
    carrier_url: HttpUrl | None = None
    public_url: HttpUrl = "http://127.0.0.1:8080"

    # The carrier account.
    twilio_account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-f]{32}$")]
    twilio_auth_token: SecretStr
    twilio_previous_auth_token: SecretStr | None = None
    twilio_from_numbers: Numbers = ()

    # What protects and what measures.
    trusted_proxies: Addresses = ("127.0.0.1", "::1")
    payload_keys: SecretStr
    holdout_salt: str = ""
    rules_need_approval: bool = False

    # Calling.
    organisation: str | None = None
    sector: Sector | None = None
    registry_countries: Countries = ()
    default_country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    rest_in: Countries = ("IL",)
    ring_timeout: RingDuration = timedelta(seconds=30)
    no_answer_delay: Duration = timedelta(hours=2)
    busy_delay: Duration = timedelta(minutes=10)
    machine_delay: Duration = timedelta(hours=4)
    quiet_period: Duration = timedelta(minutes=15)
    late_grace: Duration = timedelta(seconds=60)
    queued_at_carrier: PositiveDuration = timedelta(seconds=10)
    carrier_poll: PositiveDuration = timedelta(seconds=30)
    later_within: PositiveDuration = timedelta(hours=2)
    contact_caps: Annotated[str, AfterValidator(_contact_caps)] = "6/24h,20/30d"
    dialing_rate: Annotated[float, Field(gt=0)] = 1.0
    sender_slots: Annotated[int, Field(gt=0)] = 10

    # Working.
    reservation: PositiveDuration = timedelta(seconds=20)
    missed_offers: Annotated[int, Field(gt=0)] = 3
    lease: PositiveDuration = timedelta(seconds=60)
    wrap_up_limit: PositiveDuration = timedelta(minutes=10)
    wrap_up_extension: PositiveDuration = timedelta(minutes=5)
    handling_time: PositiveDuration = timedelta(minutes=6)
    staffing_relook: PositiveDuration = timedelta(seconds=30)
    relay_poll: PositiveDuration = timedelta(milliseconds=200)

    # Rules gone silent or exploding.
    centre_zone: Annotated[str, AfterValidator(_zone)] | None = None
    alarm_unlikely: Annotated[float, Field(gt=0, lt=0.01)] = 1e-6
    alarm_floor: Annotated[int, Field(gt=0)] = 20
    alarm_times: Annotated[float, Field(gt=1)] = 3.0
    alarm_calls_an_hour: Annotated[int, Field(gt=0)] = 12

    # People: signing in by OpenID Connect, and what pages show to whom.
    openid_issuer: HttpUrl | None = None
    openid_client_id: str | None = None
    openid_client_secret: SecretStr | None = None
    openid_login_claim: Annotated[str, Field(pattern=r"^[A-Za-z_:/.0-9-]{1,200}$")] = "email"
    hide_numbers: bool = False
    hide_fields: FieldNames = ()
    open_streams: Annotated[int, Field(gt=0)] = 2000

    # Saying.
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool = True

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        if value is not None and re.match(r"postgresql(\+psycopg)?://\S+", value) is None:
            raise ValueError("must be a URL such as postgresql://user:password@host:5432/name")
        return value

    @field_validator("temporal_address")
    @classmethod
    def _is_host_and_port(cls, value: str | None) -> str | None:
        if value is not None and re.fullmatch(r"[^\s/:]+:[0-9]{1,5}|\[[0-9a-fA-F:]+\]:[0-9]{1,5}", value) is None:
            raise ValueError("must be host:port without a scheme, such as 127.0.0.1:7233")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_small_letters(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("payload_keys")
    @classmethod
    def _holds_keys(cls, value: SecretStr) -> SecretStr:
        _payload_keyring(value)
        return value

    @property
    def payload_keyring(self) -> tuple[PayloadKey, ...]:
        """The keys for Temporal payloads; the first encrypts, all of them decrypt."""
        return _payload_keyring(self.payload_keys)

    @property
    def offers_openid(self) -> bool:
        """Whether people may sign in by OpenID Connect: a provider is named, and who we are there."""
        return self.openid_issuer is not None and self.openid_client_id is not None

    @property
    def caps(self) -> tuple[ContactCap, ...]:
        """How often a customer is contacted at most, all rules together."""
        return _caps(self.contact_caps)

    def database(self) -> str:
        """Return the database's URL, or raise `NotConfigured` where no server was named and none is running."""
        return _present("database_url", self.database_url)

    def temporal(self) -> str:
        """Return Temporal's `host:port`, or raise `NotConfigured` where no server was named and none is running."""
        return _present("temporal_address", self.temporal_address)

    def changed(self, **values: Any) -> Self:
        """Return these settings with some values replaced (already of their final types)."""
        return self.model_copy(update=values)


def load(*, data: Path | None = None, running: bool = True) -> Settings:
    """Read the environment and the data folder. Raises `NotConfigured` in one line naming the first variable at fault.

    `running` also takes the addresses of the embedded servers that `ringback up` keeps in the data folder; the
    process that is about to start those servers leaves them out.
    """
    folder = data or data_folder()
    places = [place for place in (folder / SECRETS, *([folder / RUNNING] if running else [])) if place.is_dir()]
    try:
        return Settings(_secrets_dir=places or None, data=folder)
    except ValidationError as error:
        raise _not_configured(error) from None


def data_folder() -> Path:
    """Return the data folder the environment names, or the default one: known before the other settings are."""
    return Path(os.environ.get(variable("data")) or Settings.model_fields["data"].default)


def is_given(name: str) -> bool:
    """Tell whether the environment itself sets the field `name`."""
    return bool(os.environ.get(variable(name)))


def _not_configured(error: ValidationError) -> NotConfigured:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = variable(str(first["loc"][0]))
    if first["type"] == "missing":
        return NotConfigured(f"{name} is not set", field=name, fix="set it, or run `ringback up`, which generates it")
    reason = first["msg"].removeprefix("Value error, ")
    return NotConfigured(f"{name}: {reason}", field=name, fix="see docs/settings.md")


def variable(name: str) -> str:
    """Return the environment variable of the field `name`."""
    return PREFIX + name.upper()


def _present(name: str, value: str | None) -> str:
    if value is None:
        raise NotConfigured(
            f"{variable(name)} is not set and no embedded server is running",
            field=variable(name),
            fix="run `ringback up`, or name your own server",
        )
    return value


def _payload_keyring(value: SecretStr) -> tuple[PayloadKey, ...]:
    keys = tuple(_payload_key(part) for part in value.get_secret_value().split(",") if part.strip())
    if not keys:
        raise ValueError("must hold at least one key, as key_id:base64")
    if len({key.key_id for key in keys}) < len(keys):
        raise ValueError("a key id stands twice")
    return keys


def _payload_key(part: str) -> PayloadKey:
    key_id, _, encoded = part.strip().partition(":")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        secret = b""
    if not key_id or len(secret) != 32:
        raise ValueError("must be a list of key_id:base64, each of 32 bytes, the current one first")
    return PayloadKey(key_id=key_id, secret=secret)
