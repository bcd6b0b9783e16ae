"""Shift plans: who is meant to be there when, as written, as read back, and as a rota changes them."""

from datetime import UTC, date, datetime

import pytest

from orchestrator.detection.yaml_files import BadYaml
from orchestrator.errors import BadInput
from orchestrator.queueing.rota_files import MOST_BYTES, read_rota, with_dates
from orchestrator.queueing.shift_plans import read_shifts, written

PLAN = b"""
shifts: dana
zone: Asia/Jerusalem
queues: [sales]
weekly: {sun: ["14:00-18:00", "09:00-13:00"], sat: ["22:00-02:00"]}
days: {2026-06-08: closed, 2026-06-09: ["10:00-12:00"]}
"""
HEADER = "agent,date,from,to\n"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("instant", "planned"),
    [
        ("2026-06-07T09:00+03:00", True),
        ("2026-06-07T13:00+03:00", False),  # half-open
        ("2026-06-07T14:00+03:00", True),
        ("2026-06-07T01:59+03:00", True),  # the night that began on Saturday
        ("2026-06-08T09:00+03:00", False),
        ("2026-06-09T11:00+03:00", True),
    ],
)
def test_a_plan_holds_on_its_own_clock_with_dates_that_are_different(instant: str, planned: bool) -> None:
    assert read_shifts(PLAN).on_duty.open_at(at(instant)) is planned


def test_a_plan_may_be_for_some_queues_only() -> None:
    everything = read_shifts(b"shifts: dana\nzone: UTC\n")

    assert [read_shifts(PLAN).serves(queue) for queue in ("sales", "help")] == [True, False]
    assert everything.serves("help")


def test_what_is_written_reads_back_as_the_same_plan_in_order() -> None:
    text = written(read_shifts(PLAN).document)

    again = read_shifts(text.encode())
    assert written(again.document) == text
    assert again.document.days == read_shifts(PLAN).document.days
    assert 'sun: ["09:00-13:00", "14:00-18:00"]' in text
    assert read_shifts(written(read_shifts(b"shifts: a\nzone: UTC\n").document).encode()).agent == "a"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (b"shifts: dana\n", "zone"),
        (b"shifts: dana\nzone: Mars/Base\n", "zone"),
        (b"shifts: '  '\nzone: UTC\n", "shifts"),
        (b"shifts: dana\nzone: UTC\nweekly: {mon: ['09:00-12:00', '11:00-13:00']}\n", "weekly.mon"),
        (b"shifts: dana\nzone: UTC\nweekly: {mon: ['09:00-09:00']}\n", "weekly.mon[0]"),
        (b"shifts: dana\nzone: UTC\ndays: {2027-02-29: closed}\n", "days.2027-02-29"),
        (b"shifts: dana\nzone: UTC\nqueues: []\n", "queues"),
        (b"shifts: dana\nzone: UTC\nholidays: {country: IL}\n", "holidays"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_with_field_and_fix(document: bytes, field: str) -> None:
    with pytest.raises(BadYaml) as refused:
        read_shifts(document)

    assert refused.value.field == field
    assert refused.value.fix


def test_a_rota_sets_the_dates_it_names_and_leaves_all_others() -> None:
    rota = read_rota((HEADER + "dana,2026-06-10,09:00,13:00\ndana,2026-06-10,14:00,18:00\ndana,2026-06-09,,\n").encode())

    days = with_dates(read_shifts(PLAN).document, rota["dana"]).days
    assert days == {date(2026, 6, 8): [], date(2026, 6, 9): [], date(2026, 6, 10): ["09:00-13:00", "14:00-18:00"]}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("agent,day,from,to\n", ["line 1"]),
        (HEADER, ["FILE"]),
        (HEADER + "dana,2026-06-31,09:00,10:00\n", ["line 2: date"]),
        (HEADER + "dana,2026-06-30,09:00\n", ["line 2"]),
        (HEADER + "dana,2026-06-30,09:00,10:00,more\n", ["line 2"]),
        (HEADER + ",2026-06-30,09:00,10:00\n", ["line 2: agent"]),
        (HEADER + "dana,2026-06-30,9,10\n", ["line 2: from, to"]),
        (HEADER + "dana,2026-06-30,09:00,\n", ["line 2: from, to"]),
        (HEADER + "dana,2026-06-30,09:00,11:00\ndana,2026-06-30,10:00,12:00\n", ["line 3: from, to"]),
        (HEADER + "dana,tomorrow,,\ndana,2026-06-30,9,10\n", ["line 2: date", "line 3: from, to"]),
        (HEADER + "x" * MOST_BYTES, ["FILE"]),
    ],
)
def test_a_rota_that_does_not_fit_is_refused_with_every_line_and_its_fix(text: str, fields: list[str]) -> None:
    with pytest.raises(BadInput) as refused:
        read_rota(text.encode())

    told = [refused.value, *refused.value.others]
    assert [each.field for each in told] == fields
    assert all(each.fix for each in told)


def test_a_rota_in_another_encoding_is_refused() -> None:
    with pytest.raises(BadInput, match="not UTF-8"):
        read_rota("דנה".encode("iso-8859-8"))


def test_a_rota_with_a_value_that_no_cell_holds_is_refused_with_its_line() -> None:
    with pytest.raises(BadInput) as refused:
        read_rota(b"agent,date,from,to\n" + b"dana" * 40_000 + b",2026-06-08,,\n")

    assert (refused.value.field, bool(refused.value.fix)) == ("line 2", True)


def test_a_rota_whose_lines_end_in_bare_returns_is_read() -> None:
    assert sorted(read_rota(b"agent,date,from,to\rdana,2026-06-08,,\reli,2026-06-08,,\r")) == ["dana", "eli"]
