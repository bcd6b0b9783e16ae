"""What the form of a back-test asks for: which version, over which time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.pages.console.period import Period
from api.pages.rules.backtest_words import AHEAD, LENGTHS, NO_LENGTH, NO_VERSION
from orchestrator.backtests.asking import Question


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed, and what does not fit in it, by field."""

    version: str = ""
    length: str = "14"
    since: str = ""
    until: str = ""
    faults: dict[str, str] = field(default_factory=dict)

    def question(self, versions: list[int], *, zone: str, now: datetime) -> Question | None:
        """Return what is asked for; None, with `faults`, where something does not fit."""
        version = int(self.version) if self.version.isascii() and self.version.isdecimal() else 0
        if version not in versions:
            self.faults["version"] = NO_VERSION
        since, until = self._period(zone, now)
        if self.faults or since is None:
            return None
        return Question(since, until, version)

    def _period(self, zone: str, now: datetime) -> tuple[datetime | None, datetime | None]:
        if self.length not in LENGTHS:
            self.faults["length"] = NO_LENGTH
            return None, None
        if self.length != "dates":
            return now - timedelta(days=int(self.length)), None
        days = Period.read(self.since, self.until, zone=zone, now=now)
        self.faults.update(days.faults)
        if not days.faults and days.since > now:
            self.faults["since"] = AHEAD
        return days.since, None if days.until > now else days.until
