"""Logs: JSON lines on standard error, ours and every library's alike, with the ids bound at the edge and no personal data.

What must not be logged is left out where it is logged. The scrubber is the last defence: it masks what looks like a
phone number or an e-mail address in any value, a library's traceback included.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# An E.164 number, or digits written with the usual separators after a plus; an address; both also percent-encoded.
_NUMBER = re.compile(r"(?:\+|%2B)[1-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9])", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.!#$&'*+/=?^`{|}~-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
# An address in a URL's user part is a credential, not a customer's; a whole URL with one is masked up to the host.
_CREDENTIAL = re.compile(r"(?<=://)[^/\s@]+@")
MASK = "[masked]"
_DEPTH = 6

# Their information lines hold what we may not log (twilio.http_client: numbers and bodies) or say nothing new.
_QUIET = ("twilio.http_client", "twilio.async_http_client", "httpx", "httpcore", "urllib3", "asyncio", "uvicorn.access")


def configure(*, level: str = "info", json: bool = True) -> None:
    """Set up structlog and the standard library's logging for this process. Called once, in `main()`."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering(json)))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(_number(level))
    _take_over_libraries()


def _rendering(json: bool) -> list[Processor]:
    last: Processor = structlog.processors.JSONRenderer(default=str) if json else structlog.dev.ConsoleRenderer(colors=False)
    # The traceback becomes text before the scrubber sees it, for the values in it are the likeliest to leak.
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        _without_colours,
        structlog.processors.format_exc_info,
        scrub,
        last,
    ]


def _take_over_libraries() -> None:
    for name in list(logging.root.manager.loggerDict):
        library = logging.getLogger(name)
        library.handlers, library.propagate = [], True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def scrub(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Mask every text in an event that looks like a phone number, an e-mail address or a credential in a URL."""
    return {key: _scrubbed(value, _DEPTH) for key, value in event.items()}


def _scrubbed(value: Any, depth: int) -> Any:  # log values are of any type
    match value:
        case str():
            return masked(value)
        case None | bool() | int() | float():
            return value
        case Mapping() if depth:
            return {masked(str(key)): _scrubbed(inner, depth - 1) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset() if depth:
            return [_scrubbed(inner, depth - 1) for inner in value]
        case _:
            return masked(str(value))


def masked(text: str) -> str:
    """Return `text` with phone numbers, e-mail addresses and credentials in URLs replaced by a mask."""
    return _NUMBER.sub(MASK, _ADDRESS.sub(MASK, _CREDENTIAL.sub(f"{MASK}@", text)))


def _without_colours(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    # uvicorn hands its message over a second time, with escapes for a terminal.
    event.pop("color_message", None)
    return event


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
