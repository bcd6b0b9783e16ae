"""Reading what a REST request orders, with the checks Twilio makes, in its order."""

from orchestrator.embedded.carrier.call import (
    CALL_EVENTS,
    DEFAULT_RING,
    LONGEST_CALL,
    MAX_RING,
    Detection,
    Fetch,
    Inline,
    Order,
    Source,
    Subscription,
)
from orchestrator.embedded.carrier.config import Config
from orchestrator.embedded.carrier.door import Values
from orchestrator.embedded.carrier.phones import Behaviour, PhoneBook
from orchestrator.embedded.carrier.refusals import (
    bad_parameter,
    bad_status_events,
    invalid_application,
    invalid_from,
    invalid_to,
    invalid_url,
    missing_from,
    missing_to,
    unverified_from,
)
from orchestrator.embedded.carrier.webhooks import Hook
from orchestrator.embedded.carrier.wire import attempt_token, boolean, is_absolute_url, is_reachable, whole

LONGEST_TWIML = 4000


def call_order(form: Values, config: Config, phones: PhoneBook) -> Order:
    """Read a call's order. Raises `Refused`."""
    to, from_ = addresses(form, config, phones)
    source = _source(form)
    callback = hook(form, "StatusCallback")
    return Order(
        to=to,
        from_=from_,
        source=source,
        fallback=hook(form, "FallbackUrl", "FallbackMethod"),
        subscription=subscription(form, callback),
        ring=whole(form.get("Timeout"), default=DEFAULT_RING, low=1, high=MAX_RING),
        limit=whole(form.get("TimeLimit"), default=LONGEST_CALL, low=1, high=86_400),
        detection=_detection(form),
        attempt=attempt_token(form.get("Url"), form.get("StatusCallback"), form.get("AsyncAmdStatusCallback")),
    )


def leg_order(form: Values, config: Config, phones: PhoneBook) -> Order:
    """Read the order of a participant's leg; it follows no document. Raises `Refused`."""
    to, from_ = addresses(form, config, phones)
    amd = hook(form, "AmdStatusCallback")
    callback = hook(form, "StatusCallback")
    return Order(
        to=to,
        from_=from_,
        source=None,
        subscription=subscription(form, callback),
        ring=whole(form.get("Timeout"), default=DEFAULT_RING, low=5, high=MAX_RING),
        limit=whole(form.get("TimeLimit"), default=LONGEST_CALL, low=1, high=86_400),
        detection=_mode(form, hook=amd, asynchronous=True),
        attempt=attempt_token(form.get("StatusCallback"), form.get("AmdStatusCallback")),
    )


def addresses(form: Values, config: Config, phones: PhoneBook) -> tuple[str, str]:
    """Return To and From. Raises `Refused` 21201, 21211, 21213, 21212 or 21210."""
    to, from_ = form.get("To"), form.get("From")
    if to is None:
        raise missing_to()
    if from_ is None:
        raise missing_from()
    if not is_reachable(to):
        raise invalid_to(to)
    if phones.current(to).behaviour is Behaviour.INVALID:
        phones.ring(to)
        raise invalid_to(to)
    if not is_reachable(from_):
        raise invalid_from(from_)
    if not config.owns(from_):
        raise unverified_from(from_)
    return to, from_


def source_of_update(form: Values) -> Source | None:
    """Return where a live call is sent, or None. Raises `Refused` 21205."""
    return _source(form) if form.get("Url") or form.get("Twiml") else None


def hook(form: Values, name: str, method: str | None = None) -> Hook | None:
    """Read a URL and its method (by default in the parameter `<name>Method`). Raises `Refused` 21205."""
    url = form.get(name)
    if url is None:
        return None
    if not is_absolute_url(url):
        raise invalid_url(name, url)
    return Hook(url, (form.get(method or f"{name}Method") or "POST").upper())


def subscription(form: Values, callback: Hook | None) -> Subscription | None:
    """Read which progress is told. Raises `Refused` 21626 for an unknown event, several joined by spaces included."""
    events = frozenset(form.all("StatusCallbackEvent")) or frozenset({"completed"})
    if not events <= CALL_EVENTS:
        raise bad_status_events(" ".join(sorted(events - CALL_EVENTS)))
    return None if callback is None else Subscription(callback, events)


def _source(form: Values) -> Source:
    url, twiml = hook(form, "Url", "Method"), form.get("Twiml")
    if url is not None:
        return Fetch(url)
    if twiml is not None and len(twiml) > LONGEST_TWIML:
        raise bad_parameter("Twiml")
    if twiml is not None:
        return Inline(twiml)
    raise invalid_application() if form.get("ApplicationSid") else invalid_url("Url", None)


def _detection(form: Values) -> Detection | None:
    if form.get("SendDigits"):
        return None  # Sent digits turn detection off (twilio-notes, 2).
    asynchronous = boolean(form.get("AsyncAmd"), default=False)
    return _mode(form, hook=hook(form, "AsyncAmdStatusCallback"), asynchronous=asynchronous)


def _mode(form: Values, *, hook: Hook | None, asynchronous: bool) -> Detection | None:
    mode = form.get("MachineDetection")
    if mode is None:
        return None
    if mode not in ("Enable", "DetectMessageEnd"):
        raise bad_parameter("MachineDetection")
    limit = whole(form.get("MachineDetectionTimeout"), default=30, low=3, high=59)
    return Detection(mode == "DetectMessageEnd", limit, asynchronous, hook)
