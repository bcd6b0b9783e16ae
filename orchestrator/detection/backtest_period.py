"""A back-test of a part of what is recorded: everything is applied, and what was found from an instant on is counted."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime

from orchestrator.detection.backtest import Backtest
from orchestrator.detection.verdicts import Verdict


def counted_from(result: Backtest, first: datetime) -> Backtest:
    """Return the result without the moments before `first`. Errors and open watches are those of the whole."""
    moments = [moment for moment in result.moments if moment.at >= first]
    verdicts: defaultdict[str, Counter[Verdict]] = defaultdict(Counter)
    for moment in moments:
        verdicts[moment.rule][moment.verdict] += 1
    tallies = {
        name: replace(tally, moments=verdicts[name].total(), verdicts=verdicts[name]) for name, tally in result.tallies.items()
    }
    return Backtest(result.until, tallies, moments)
