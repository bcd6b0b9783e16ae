"""The parts that documents of rules are built of: strict models, durations, shares, names."""

import difflib
from datetime import timedelta
from fractions import Fraction
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from orchestrator.detection.durations import (
    format_duration,
    format_share,
    parse_duration,
    parse_pause,
    parse_share,
)
from orchestrator.detection.expressions import MAX_CHARACTERS


class Strict(BaseModel):
    """A frozen part of a document. A key that it does not know is an error that names the nearest one it knows."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _know_every_key(cls, given: Any) -> Any:  # Any: whatever a document holds
        if isinstance(given, dict):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for key in given:
                if key not in known:
                    raise _unknown(str(key), known)
        return given


def _unknown(key: str, known: list[str]) -> PydanticCustomError:
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)[0]
    return PydanticCustomError(
        "unknown_key", "There is no key '{key}' here. Did you mean '{nearest}'?", {"key": key, "nearest": nearest}
    )


def _duration(value: Any) -> timedelta:
    return value if isinstance(value, timedelta) else _read(value, parse_duration)


def _pause(value: Any) -> timedelta:
    return value if isinstance(value, timedelta) else _read(value, parse_pause)


def _share(value: Any) -> Fraction:
    return value if isinstance(value, Fraction) else _read(value, parse_share)


def _read(value: Any, parse: Any) -> Any:  # Any: the parser's own type passes through
    if not isinstance(value, str):
        raise PydanticCustomError("not_text", "This is a text, like 20m or 5%.")
    try:
        return parse(value)
    except ValueError as error:
        raise PydanticCustomError("bad_text", "{words}.", {"words": str(error)}) from None


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError("unknown_zone", "There is no such IANA time zone, like Asia/Jerusalem.") from None
    return value


_AS_DURATION = PlainSerializer(format_duration, return_type=str)
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    _AS_DURATION,
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]*(s|m|h|d)$"}),
]
Pause = Annotated[
    timedelta,
    BeforeValidator(_pause),
    _AS_DURATION,
    WithJsonSchema({"type": "string", "pattern": "^(0s|[1-9][0-9]*(s|m|h|d))$"}),
]
Share = Annotated[
    Fraction,
    BeforeValidator(_share),
    PlainSerializer(format_share, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?%$"}),
]
Zone = Annotated[str, AfterValidator(_zone)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", max_length=64)]
Cel = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CHARACTERS)]
