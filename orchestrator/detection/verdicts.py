"""What becomes of a moment as it is found: pure, and the same inside live transactions and in the back-test."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256

from orchestrator.availability.consent import suppressed_by_consent
from orchestrator.availability.purposes import Purpose
from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.effects import MomentFound
from orchestrator.detection.expressions import Failure


class Verdict(StrEnum):
    """Stored and shown: never renamed."""

    CONTROL = "control"
    SUPPRESSED_WORTH = "suppressed:worth"
    SUPPRESSED_COOLDOWN = "suppressed:cooldown"
    SUPPRESSED_CONSENT = "suppressed:consent"
    SUPPRESSED_PAUSED = "suppressed:paused"
    JOINED = "joined"
    ESCALATE = "escalate"

    @property
    def is_live(self) -> bool:
        """Whether the moment stands in an escalation that is open."""
        return self in (Verdict.JOINED, Verdict.ESCALATE)


@dataclass(frozen=True, slots=True)
class LiveMoment:
    """A moment of the customer's open escalation: live until resolved, or until `expires` has passed since `at`."""

    rule: str
    key: str
    at: datetime
    expires: timedelta


@dataclass(slots=True)
class CustomerLedger:
    """What verdicts depend on: when each rule last escalated for the customer, and the moments that are live.

    The back-test fills it as it goes, live code from its rows. Times are aware UTC.
    """

    last_escalated: dict[str, datetime] = field(default_factory=dict)
    live: list[LiveMoment] = field(default_factory=list)

    def judge(self, found: MomentFound, *, salt: str = "", paused: bool = False) -> Verdict:
        """Return the verdict of a moment that was just found, and enter it."""
        rule, now = found.rule, found.at
        verdict = Verdict.SUPPRESSED_PAUSED if paused else self._verdict(found, salt)
        if verdict is Verdict.ESCALATE:
            self.last_escalated[rule.name] = now
        if verdict.is_live:
            self.live.append(LiveMoment(rule.name, found.key, now, rule.document.expires))
        return verdict

    def is_open(self, now: datetime) -> bool:
        """Say whether the customer has an escalation open, forgetting moments that have expired."""
        self.live = [moment for moment in self.live if now - moment.at < moment.expires]
        return bool(self.live)

    def resolve(self, rule: str, key: str | None) -> None:
        """Take away the rule's moments of this key; all of the rule's without one."""
        self.live = [m for m in self.live if m.rule != rule or (key is not None and m.key != key)]

    def end_all(self) -> None:
        self.live = []

    def _verdict(self, found: MomentFound, salt: str) -> Verdict:
        document = found.rule.document
        if document.purpose is not Purpose.REQUESTED_CALLBACK:
            if is_control(found.rule.document.rule, found.customer, document.holdout, salt=salt):
                return Verdict.CONTROL
            if not is_worth_a_call(found):
                return Verdict.SUPPRESSED_WORTH
            if self._is_cooling_down(found.rule, found.at):
                return Verdict.SUPPRESSED_COOLDOWN
            if suppressed_by_consent(document.purpose, found.attributes):
                return Verdict.SUPPRESSED_CONSENT
        return Verdict.JOINED if self.is_open(found.at) else Verdict.ESCALATE

    def _is_cooling_down(self, rule: CompiledRule, now: datetime) -> bool:
        cooldown, last = rule.document.cooldown, self.last_escalated.get(rule.name)
        return cooldown is not None and last is not None and now - last < cooldown


def is_control(rule: str, customer: str, holdout: Fraction, *, salt: str = "") -> bool:
    """Say whether the customer belongs to the rule's control group: fixed by a hash, never drawn twice."""
    if not holdout:
        return False
    digest = sha256(f"{salt}\0{rule}\0{customer}".encode()).digest()
    # The first eight bytes over 2^64, against the share, without the cost of two fractions.
    return int.from_bytes(digest[:8]) * holdout.denominator < holdout.numerator << 64


def is_worth_a_call(found: MomentFound) -> bool:
    """Say whether value times chance reaches the cost of a call; a value that is no number does not."""
    worth = found.rule.worth
    if worth is None or found.worth is None:
        return True
    return not isinstance(found.worth, Failure) and worth.is_met_by(found.worth)
