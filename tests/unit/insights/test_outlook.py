from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from orchestrator.availability.intervals import Interval
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Situation
from orchestrator.availability.verdicts import GateCode, GateState, Verdict
from orchestrator.availability.windows import Always, Fixed
from orchestrator.insights.answers.outlook import DAYS, WIDTH, Outlook, outlook

ZONE = ZoneInfo("Asia/Jerusalem")
NOW = datetime(2026, 10, 24, 12, tzinfo=UTC)  # 15:00 there; on the 25th the clocks go back


def shown(*, business: tuple[Interval, ...] = (), until: datetime | None = None, refused: bool = False) -> Outlook:
    situation = Situation(
        purpose=Purpose.SERVICE, medium=Medium.VOICE_PERSON, calling=Always(), business=Fixed(*business) if business else None
    )
    no = (Verdict(GateCode.DO_NOT_CALL, GateState.REFUSED, "do_not_call"),) if refused else ()
    return outlook(situation, no, now=NOW, until=until, zone=ZONE)


def test_a_stretch_over_midnight_stands_on_both_days() -> None:
    late = Interval(NOW + timedelta(hours=7), NOW + timedelta(hours=11))  # 22:00 to 02:00, 24 hours of 25 later

    row = next(row for row in shown(business=(late,)).gates if row.gate is GateCode.BUSINESS_HOURS)

    first, second = row.days[:2]
    assert [(span.begins, span.ends) for span in first.spans] == [("22:00", "24:00")]
    assert [span.begins for span in second.spans] == ["00:00"]


def test_a_day_of_twenty_five_hours_is_as_wide_as_another() -> None:
    known = shown()

    assert [day.date for day in known.together.days] == [date(2026, 10, 24) + timedelta(days=each) for each in range(DAYS)]
    assert [day.spans[0].width for day in known.gates[0].days] == [WIDTH] * DAYS
    assert not known.together.days[0].is_open_throughout  # half of it lies behind
    assert known.together.days[1].is_open_throughout


def test_nothing_is_open_together_before_now_nor_after_the_end_nor_where_a_gate_refuses() -> None:
    ends = shown(until=NOW + timedelta(hours=2))

    assert [(span.begins, span.ends) for day in ends.open_days for span in day.spans] == [("15:00", "17:00")]
    assert shown(refused=True).open_days == []
