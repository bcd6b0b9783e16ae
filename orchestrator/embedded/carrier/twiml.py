"""Reading TwiML: a document becomes a tuple of verbs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from orchestrator.embedded.carrier.wire import boolean, whole
from orchestrator.errors import OrchestratorError

FETCH_FAILED = 11200
BAD_XML = 12100
BAD_CONTENT_TYPE = 12300
DIAL_IN_WHISPER = 13201
CHARACTERS_PER_SECOND = 15
CLIP_SECONDS = 2.0
ROOM_EVENTS = {"start", "end", "join", "leave", "mute", "hold"}


class TwimlFailed(OrchestratorError):
    """A document cannot be had, read or followed; `number` is Twilio's error code."""

    code: ClassVar[str] = "carrier_twiml_failed"

    def __init__(self, number: int) -> None:
        super().__init__(str(number))
        self.number = number


@dataclass(frozen=True, slots=True)
class Prompt:
    """Say or Play: something the phone hears, for simulated seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence, in simulated seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Target:
    """A URL as the document writes it, perhaps relative, and the method to ask it with."""

    url: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with another document."""

    target: Target


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse an inbound call before it is answered."""

    busy: bool


@dataclass(frozen=True, slots=True)
class Gather:
    """Listen for keys while prompts play. `timeout` is in simulated seconds after the prompts."""

    action: Target | None
    digits: int | None
    timeout: float
    finish: str
    on_empty: bool
    keys: bool
    prompts: tuple[Prompt | Pause, ...]


@dataclass(frozen=True, slots=True)
class NumberNoun:
    """Someone to dial, what they hear before they are connected, and where their progress is told."""

    address: str
    whisper: Target | None
    callback: Target | None
    events: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConferenceNoun:
    """A room to enter, and how."""

    name: str
    starts: bool
    ends: bool
    muted: bool
    label: str | None
    most: int
    callback: Target | None
    events: frozenset[str]


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect the call. Holds either numbers or one conference."""

    action: Target | None
    timeout: int
    limit: int
    caller_id: str | None
    sequential: bool
    numbers: tuple[NumberNoun, ...]
    conference: ConferenceNoun | None


Verb = Prompt | Pause | Redirect | Hangup | Reject | Gather | Dial


def parse_voice(text: str) -> tuple[Verb, ...]:
    """Read a voice document. Raises `TwimlFailed` 12100 for bad XML and for verbs the simulator does not know."""
    return tuple(_verb(element) for element in _response(text))


def parse_replies(text: str) -> tuple[str, ...]:
    """Read a messaging document: the bodies of its Messages. Raises `TwimlFailed`."""
    bodies = []
    for element in _response(text):
        if element.tag != "Message":
            raise TwimlFailed(BAD_XML)
        body = element.find("Body")
        bodies.append(_text(element if body is None else body))
    return tuple(bodies)


def _response(text: str) -> Element:
    if "<!DOCTYPE" in text:
        raise TwimlFailed(BAD_XML)  # No entities: a document of a few lines could grow without bound.
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise TwimlFailed(BAD_XML) from error
    if root.tag != "Response":
        raise TwimlFailed(BAD_XML)
    return root


def _verb(element: Element) -> Verb:
    reader = _READERS.get(element.tag)
    if reader is None:
        raise TwimlFailed(BAD_XML)
    return reader(element)


def _say(element: Element) -> Prompt:
    return Prompt(_times(element) * len(_text(element)) / CHARACTERS_PER_SECOND)


def _play(element: Element) -> Prompt:
    return Prompt(_times(element) * CLIP_SECONDS)


def _pause(element: Element) -> Pause:
    return Pause(whole(element.get("length"), default=1, low=0, high=3600))


def _redirect(element: Element) -> Redirect:
    return Redirect(Target(_text(element), element.get("method", "POST").upper()))


def _hangup(element: Element) -> Hangup:
    return Hangup()


def _reject(element: Element) -> Reject:
    return Reject(busy=element.get("reason") == "busy")


def _gather(element: Element) -> Gather:
    prompts = tuple(_verb(child) for child in element)
    if not all(isinstance(prompt, Prompt | Pause) for prompt in prompts):
        raise TwimlFailed(BAD_XML)
    count = whole(element.get("numDigits"), default=0, low=0, high=1000)
    return Gather(
        action=_target(element, "action", "method"),
        digits=count or None,
        timeout=whole(element.get("timeout"), default=5, low=0, high=3600),
        finish=element.get("finishOnKey", "#"),
        on_empty=boolean(element.get("actionOnEmptyResult"), default=False),
        keys="dtmf" in element.get("input", "dtmf").split(),
        prompts=tuple(prompt for prompt in prompts if isinstance(prompt, Prompt | Pause)),
    )


def _dial(element: Element) -> Dial:
    conference = element.find("Conference")
    numbers = [_number(child) for child in element if child.tag in ("Number", "Client", "Sip")]
    if _text(element):
        numbers.append(NumberNoun(_text(element), None, None, frozenset()))
    if (conference is None) == (not numbers):
        raise TwimlFailed(BAD_XML)
    return Dial(
        action=_target(element, "action", "method"),
        timeout=whole(element.get("timeout"), default=30, low=1, high=600),
        limit=whole(element.get("timeLimit"), default=14_400, low=1, high=14_400),
        caller_id=element.get("callerId"),
        sequential=boolean(element.get("sequential"), default=False),
        numbers=tuple(numbers),
        conference=None if conference is None else _conference(conference),
    )


def _number(element: Element) -> NumberNoun:
    address = _text(element)
    return NumberNoun(
        address=f"client:{address}" if element.tag == "Client" and not address.startswith("client:") else address,
        whisper=_target(element, "url", "method"),
        callback=_target(element, "statusCallback", "statusCallbackMethod"),
        events=frozenset(element.get("statusCallbackEvent", "completed").split()),
    )


def _conference(element: Element) -> ConferenceNoun:
    return ConferenceNoun(
        name=_text(element),
        starts=boolean(element.get("startConferenceOnEnter"), default=True),
        ends=boolean(element.get("endConferenceOnExit"), default=False),
        muted=boolean(element.get("muted"), default=False),
        label=element.get("participantLabel"),
        most=whole(element.get("maxParticipants"), default=250, low=2, high=250),
        callback=_target(element, "statusCallback", "statusCallbackMethod"),
        events=frozenset(element.get("statusCallbackEvent", "").split()) & ROOM_EVENTS,
    )


def _target(element: Element, name: str, method: str) -> Target | None:
    url = element.get(name)
    return Target(url, element.get(method, "POST").upper()) if url else None


def _times(element: Element) -> int:
    return whole(element.get("loop"), default=1, low=0, high=1000) or 1000  # 0 means for ever.


def _text(element: Element) -> str:
    return " ".join("".join(part for part in [element.text, *(child.tail for child in element)] if part).split())


_READERS: dict[str, Callable[[Element], Verb]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Redirect": _redirect,
    "Hangup": _hangup,
    "Reject": _reject,
    "Gather": _gather,
    "Dial": _dial,
}
