"""Why an event is refused: one reason of a fixed list, the field, and the fix."""

from enum import StrEnum

from orchestrator.errors import BadInput


class Reason(StrEnum):
    """Every way an event can be refused, as intake answers and the back-test counts them."""

    MALFORMED = "malformed"
    DUPLICATE_KEY = "duplicate_key"
    TOO_LARGE = "too_large"
    BAD_NUMBER = "bad_number"
    BAD_TEXT = "bad_text"
    SPECVERSION = "specversion"
    MISSING_ID = "missing_id"
    MISSING_SOURCE = "missing_source"
    MISSING_TYPE = "missing_type"
    MISSING_SUBJECT = "missing_subject"
    MISSING_TIME = "missing_time"
    BAD_TIME = "bad_time"
    FUTURE_TIME = "future_time"
    SCHEMA = "schema"


class Refused(BadInput):
    """An event that is not accepted. `field` is a dotted path such as `data.csat`; no text holds a value of the event."""

    code = "event_refused"

    def __init__(self, reason: Reason, detail: str, *, fix: str, field: str | None = None) -> None:
        super().__init__(detail, field=field, fix=fix, code=reason.value)
        self.reason = reason
