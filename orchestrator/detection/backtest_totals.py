"""What a back-test sums up of its moments while they pass: hours, overlap, value and cost."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations

from orchestrator.detection.backtest_replay import JudgedMoment
from orchestrator.detection.exact import Exact
from orchestrator.detection.expressions import Failure
from orchestrator.detection.splits import Plan, first_message, plan_for
from orchestrator.detection.verdicts import Verdict


@dataclass(slots=True)
class Worth:
    """Value: what the escalated and joined moments are worth times their chance; cost: what calling would cost.

    `not_worth` are the moments that are not worth a call; `instead` those of them that would get a message.
    """

    expected_value: Exact = 0
    cost: Exact = 0
    calls: int = 0
    not_worth: int = 0
    instead: int = 0

    def add(self, moment: JudgedMoment) -> None:
        worth, found = moment.found.rule.worth, moment.found.worth
        if worth is None or not moment.verdict.is_live:
            return
        if found is not None and not isinstance(found, Failure):
            self.expected_value += found * worth.chance
        if moment.verdict is Verdict.ESCALATE:
            self.calls += 1
            self.cost += worth.call_cost


@dataclass(slots=True)
class Taken:
    """How many moments and customers took a plan, and how many of them began a case."""

    moments: int = 0
    customers: int = 0
    escalated: int = 0


@dataclass(slots=True)
class Totals:
    """By rule: moments by hour (its first instant), worth, plans. By pair of rules: customers for whom both found one."""

    salt: str = ""
    hours: defaultdict[str, Counter[datetime]] = field(default_factory=lambda: defaultdict(Counter))
    overlap: Counter[tuple[str, str]] = field(default_factory=Counter)
    worth: defaultdict[str, Worth] = field(default_factory=lambda: defaultdict(Worth))
    plans: defaultdict[tuple[str, Plan], Taken] = field(default_factory=lambda: defaultdict(Taken))

    def add(self, moments: Sequence[JudgedMoment]) -> None:
        """Add all moments of one customer."""
        for moment in moments:
            self.hours[moment.rule][moment.at.replace(minute=0, second=0, microsecond=0)] += 1
            self.worth[moment.rule].add(moment)
            if moment.verdict is Verdict.SUPPRESSED_WORTH:
                self._add_message(moment)
        self.overlap.update(combinations(sorted({moment.rule for moment in moments}), 2))
        for taken in {taken for moment in moments if (taken := self._add_to_plan(moment)) is not None}:
            self.plans[taken].customers += 1

    def _add_message(self, moment: JudgedMoment) -> None:
        document, worth = moment.found.rule.document, self.worth[moment.rule]
        worth.not_worth += 1
        worth.instead += first_message(document, plan_for(document, moment.found.customer, salt=self.salt)) is not None

    def _add_to_plan(self, moment: JudgedMoment) -> tuple[str, Plan] | None:
        plan = plan_for(moment.found.rule.document, moment.found.customer, salt=self.salt)
        if plan is None:
            return None
        taken = self.plans[moment.rule, plan]
        taken.moments += 1
        taken.escalated += moment.verdict is Verdict.ESCALATE
        return moment.rule, plan
