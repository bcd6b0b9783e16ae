"""What one gate said, and what all of them together said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from orchestrator.availability.sentences import sentence

Figure = str | int | float
_BY_WORD = frozenset({"business_until_told", "switch_thrown"})


def shown(instant: datetime) -> str:
    """Return a UTC instant as figures show it: RFC 3339 with `Z`, to the second."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


class GateCode(StrEnum):
    """The reasons there are (semantics, 7). Stored and shown: never renamed."""

    STILL_NEEDED = "still_needed"
    CONSENT = "consent"
    DO_NOT_CALL = "do_not_call"
    WORTH = "worth"
    HOLDOUT = "holdout"
    COOLDOWN = "cooldown"
    FREQUENCY = "frequency"
    CALLING_HOURS = "calling_hours"
    REST = "rest"
    BUSINESS_HOURS = "business_hours"
    STAFFING = "staffing"
    BUDGET = "budget"
    KILL_SWITCH = "kill_switch"
    LATE_GRACE = "late_grace"
    EXPIRED = "expired"


class GateState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"  # not now; waiting helps
    REFUSED = "refused"  # waiting does not help
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One gate's verdict. `why` names a sentence of the catalogue, `figures` fill it; neither holds personal data."""

    gate: GateCode
    state: GateState
    why: str
    figures: Mapping[str, Figure] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return sentence(self.why, self.figures)

    @property
    def ends_by_word(self) -> bool:
        """Whether it is closed until somebody says otherwise: by a kill switch, or an emergency close without an end."""
        return self.why in _BY_WORD

    def as_json(self) -> dict[str, object]:
        """Return `{"gate", "state", "why", "sentence", "figures"}` as decisions are stored."""
        return {
            "gate": self.gate.value,
            "state": self.state.value,
            "why": self.why,
            "sentence": self.sentence,
            "figures": dict(self.figures),
        }


@dataclass(frozen=True, slots=True)
class Go:
    """Contact the customer now."""

    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at `until` (aware UTC, after now). `reasons` are the gates closed now, sorted.

    Where only time gates are closed, `until` is the earliest instant at which all of them are open. A kill switch or an
    empty shift ends when somebody ends it: `until` is then no more than when to look again, and a hint may come sooner.
    """

    until: datetime
    reasons: tuple[GateCode, ...]
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """Never contact the customer for this. `reasons` are sorted.

    With `expired` among them the escalation closes as `expired`; the others then are the gates that would not open in time.
    Any other refusal closes it as `suppressed`.
    """

    reasons: tuple[GateCode, ...]
    verdicts: tuple[Verdict, ...] = ()

    @property
    def expired(self) -> bool:
        return GateCode.EXPIRED in self.reasons


Decision = Go | Wait | Refuse


def ends_by_word(decision: Decision) -> bool:
    """Tell whether it waits for somebody's word: no clock tells how long."""
    return isinstance(decision, Wait) and any(verdict.ends_by_word for verdict in decision.verdicts)
