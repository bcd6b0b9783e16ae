"""The order of a queue, and the proof that everybody is reached."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.queueing.order import PATIENCE, PRIORITY_WORTH, SOON, in_order, let_go, place, rank

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Waiting:
    name: str
    queued_at: datetime
    priority: int = 50
    due_at: datetime | None = None
    promised: bool = False

    @property
    def rank(self) -> datetime:
        return rank(self.queued_at, priority=self.priority)


def names(*tasks: Waiting, now: datetime = NOON) -> list[str]:
    return [task.name for task in in_order(tasks, now=now)]


def test_of_equal_priority_the_first_queued_is_first() -> None:
    assert names(Waiting("later", NOON - MINUTE), Waiting("earlier", NOON - 2 * MINUTE)) == ["earlier", "later"]


def test_priority_counts_as_waiting() -> None:
    urgent = Waiting("urgent", NOON - MINUTE, priority=60)

    assert names(Waiting("plain", NOON - 10 * MINUTE), urgent) == ["urgent", "plain"]
    assert names(Waiting("plain", NOON - 12 * MINUTE), urgent) == ["plain", "urgent"]


def test_a_broken_promise_comes_before_a_soon_due_one_and_both_before_priority() -> None:
    top = Waiting("top", NOON - 9 * MINUTE, priority=100)
    soon = Waiting("soon", NOON - MINUTE, priority=0, due_at=NOON + SOON, promised=True)
    broken = Waiting("broken", NOON, priority=0, due_at=NOON - MINUTE, promised=True)

    assert names(top, soon, broken) == ["broken", "soon", "top"]


def test_a_due_time_nobody_was_promised_does_not_press() -> None:
    internal = Waiting("internal", NOON, due_at=NOON - MINUTE)

    assert names(internal, Waiting("earlier", NOON - MINUTE)) == ["earlier", "internal"]


def test_a_promise_due_later_waits_its_turn() -> None:
    later = Waiting("later", NOON, due_at=NOON + SOON + MINUTE, promised=True)

    assert names(later, Waiting("earlier", NOON - MINUTE)) == ["earlier", "later"]


def test_who_has_waited_out_our_patience_presses_like_a_promise() -> None:
    old = Waiting("old", NOON - PATIENCE - MINUTE, priority=0)
    promise = Waiting("promise", NOON, due_at=NOON + SOON, promised=True)

    assert names(promise, old) == ["old", "promise"]


@given(
    priority=st.integers(0, 100),
    others=st.lists(
        st.tuples(st.integers(1, 5000), st.integers(0, 100), st.one_of(st.none(), st.integers(0, 3000))), max_size=30
    ),
)
def test_no_task_queued_or_promised_late_enough_ever_overtakes(
    priority: int, others: list[tuple[int, int, int | None]]
) -> None:
    """The bound in the module's text: what goes first once a task presses is fixed, whatever arrives afterwards."""
    ours = Waiting("ours", NOON, priority=priority)
    pressing_from = ours.rank + PATIENCE
    assert pressing_from <= NOON + PATIENCE
    for minutes, theirs, due in others:
        queued = max(pressing_from, NOON) + minutes * MINUTE
        due_at = None if due is None else queued + due * MINUTE  # a promise is due after it was made
        late = Waiting("late", queued + SOON, priority=theirs, due_at=due_at and due_at + SOON, promised=due is not None)
        for now in (late.queued_at, late.queued_at + 5000 * MINUTE):
            assert place(ours, now=now) < place(late, now=now)


def test_priority_alone_overtakes_no_longer_than_its_worth() -> None:
    low = Waiting("low", NOON, priority=0)
    high = Waiting("high", NOON + 100 * PRIORITY_WORTH, priority=100)

    assert names(high, low, now=high.queued_at) == ["high", "low"]  # a tie: the order given
    later = Waiting("later", high.queued_at + MINUTE, priority=100)
    assert names(later, low, now=later.queued_at) == ["low", "later"]


def test_who_was_let_go_by_the_same_opening_goes_by_age_but_never_before_a_promise_or_a_higher_priority() -> None:
    longest, later = (let_go(NOON, since=NOON - hours * 60 * MINUTE) for hours in (16, 2))
    urgent = Waiting("urgent", NOON, priority=51)
    promised = Waiting("promised", NOON, priority=0, due_at=NOON + SOON, promised=True)

    assert names(Waiting("later", later), urgent, Waiting("longest", longest), promised) == [
        *("promised", "urgent"),
        *("longest", "later"),
    ]
    assert let_go(NOON, since=NOON + MINUTE) == NOON
