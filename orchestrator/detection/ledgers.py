"""The ledgers of several customers, kept by a journey's effects in their order."""

from collections.abc import Iterable

from orchestrator.detection.effects import (
    AllMomentsEnded,
    CustomersMerged,
    Effect,
    ExpressionFailed,
    MomentFound,
    MomentsResolved,
)
from orchestrator.detection.identities import rekeyed
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.verdicts import CustomerLedger, LiveMoment, Verdict


class Ledgers:
    """Customers' ledgers by subject, made as they are met."""

    def __init__(self, rules: Rulebook, *, salt: str = "") -> None:
        self._rules, self._salt = rules, salt
        self.customers: dict[str, CustomerLedger] = {}

    def of(self, customer: str) -> CustomerLedger:
        ledger = self.customers.get(customer)
        if ledger is None:
            ledger = self.customers[customer] = CustomerLedger()
        return ledger

    def enter(self, effect: Effect) -> Verdict | None:
        """Enter one effect; return the verdict where it is a moment."""
        match effect:
            case MomentFound():
                paused = effect.rule.name in self._rules.paused
                return self.of(effect.customer).judge(effect, salt=self._salt, paused=paused)
            case MomentsResolved():
                self.of(effect.customer).resolve(effect.rule.name, effect.key)
            case AllMomentsEnded():
                self.of(effect.customer).end_all()
            case CustomersMerged():
                self._merge(effect.kept, effect.other)
            case ExpressionFailed():
                pass
        return None

    def _merge(self, kept: str, other: str) -> None:
        theirs = self.customers.pop(other, None)
        if theirs is None:
            return
        ours = self.of(kept)
        for rule, last in theirs.last_escalated.items():
            ours.last_escalated[rule] = max(last, ours.last_escalated.get(rule, last))
        ours.live += self._moved(theirs.live, kept, other)

    def _moved(self, moments: Iterable[LiveMoment], kept: str, other: str) -> Iterable[LiveMoment]:
        for moment in moments:
            key = rekeyed(self._rules, moment.rule, moment.key, kept, other)
            yield LiveMoment(moment.rule, key, moment.at, moment.expires)
