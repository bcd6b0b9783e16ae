"""Something started, and what should follow did not."""

from datetime import timedelta

import pytest

from tests.unit.detection.factories import a_rule, an_absence, an_event, at, evidence, keys, run, times


def test_a_start_without_an_end_is_a_moment_at_the_deadline() -> None:
    result = run(an_absence(), an_event("start", 0), until=60)

    assert times(result) == [20]
    assert evidence(result) == [["start@0"]]


def test_an_end_in_time_satisfies_the_watch() -> None:
    assert times(run(an_absence(), an_event("start", 0), an_event("until", 19), until=60)) == []


def test_the_deadline_itself_is_still_in_time() -> None:
    assert times(run(an_absence(), an_event("start", 0), an_event("until", 20), until=60)) == []


def test_an_event_at_the_deadline_moves_it_even_when_its_id_sorts_first() -> None:
    result = run(an_absence(), an_event("start", 0, "z"), an_event("touch", 20, "a"), until=60)

    assert times(result) == [40]


def test_a_microsecond_after_the_deadline_is_too_late() -> None:
    late = an_event("until", 20 + 1 / 60_000_000)

    assert times(run(an_absence(), an_event("start", 0), late, until=60)) == [20]


@pytest.mark.parametrize("kind", ["start", "touch"])
def test_a_start_or_a_touch_moves_the_deadline_to_its_own_time_plus_within(kind: str) -> None:
    result = run(an_absence(), an_event("start", 0), an_event(kind, 15), until=60)

    assert times(result) == [35]
    assert evidence(result) == [["start@0", f"{kind}@15"]]


@pytest.mark.parametrize("kind", ["touch", "until"])
def test_a_touch_or_an_end_alone_opens_nothing(kind: str) -> None:
    result = run(an_absence(), an_event(kind, 0), until=60)

    assert times(result) == []
    assert result.tallies["r"].open_watches == 0


def test_after_a_moment_the_watch_is_gone_and_a_start_opens_another() -> None:
    result = run(an_absence(), an_event("start", 0), an_event("touch", 30), an_event("start", 40), until=90)

    assert times(result) == [20, 60]
    assert evidence(result) == [["start@0"], ["start@40"]]


def test_a_watch_whose_deadline_lies_beyond_the_end_stays_open() -> None:
    rule = an_absence()

    assert run(rule, an_event("start", 0), until=19.9).tallies["r"].open_watches == 1
    assert run(rule, an_event("start", 0), until=20).tallies["r"].open_watches == 0


def test_without_an_end_given_the_last_event_is_the_end() -> None:
    rule = an_absence()

    assert times(run(rule, an_event("start", 0), an_event("other", 20))) == [20]
    assert times(run(rule, an_event("start", 0), an_event("other", 19))) == []


def test_each_key_is_watched_alone() -> None:
    rule = an_absence(key="event.data.cart")
    result = run(rule, an_event("start", 0, cart="a"), an_event("start", 1, cart=7), an_event("until", 2, cart="a"), until=60)

    assert keys(result) == [("c", "7")]


def test_equal_keys_of_two_customers_never_meet() -> None:
    rule = an_absence(key="event.data.cart")
    result = run(
        rule,
        an_event("start", 0, customer="a", cart="k"),
        an_event("start", 0, customer="b", cart="k"),
        an_event("until", 1, customer="a", cart="k"),
        until=60,
    )

    assert keys(result) == [("b", "k")]


def test_an_end_is_consumed_even_when_no_watch_is_open() -> None:
    rule = a_rule({"absence": {"start": [{"type": "*"}], "until": [{"type": "both"}], "within": "20m"}})

    assert times(run(rule, an_event("both", 0), until=60)) == []


def test_an_event_that_is_a_start_is_not_tried_as_a_touch() -> None:
    absence = {"start": [{"type": "both"}], "touch": [{"type": "both"}], "within": "20m"}

    assert evidence(run(a_rule({"absence": absence}), an_event("both", 0), until=60)) == [["both@0"]]


def test_a_bad_key_skips_the_rule_and_leaves_the_watch_as_it_was() -> None:
    rule = an_absence(key="event.data.cart")
    result = run(rule, an_event("start", 0, cart="a"), an_event("until", 1, cart=1.5), an_event("until", 2), until=60)

    assert times(result) == [20]
    assert result.tallies["r"].errors == 2


def test_a_deadline_beyond_the_last_year_is_never_reached() -> None:
    rule = an_absence(within="36500d", expires="1h")
    far = an_event("start", 60 * 24 * 365 * 7950)

    assert run(rule, far).tallies["r"].open_watches == 1


DUE = {"at": "event.data.ends", "before": "30d"}


def day(number: float) -> float:
    return number * 24 * 60


def end_of(number: float) -> str:
    return at(day(number)).isoformat()


def test_a_date_sets_the_deadline_so_long_before() -> None:
    result = run(an_absence(due=DUE), an_event("start", 0, ends=end_of(100)), until=day(200))

    assert times(result) == [day(70)]


def test_a_start_replaces_the_deadline_of_an_open_watch_later_or_earlier() -> None:
    rule = an_absence(due=DUE)
    opened = an_event("start", 0, ends=end_of(100))

    assert times(run(rule, opened, an_event("start", 10, ends=end_of(150)), until=day(200))) == [day(120)]
    assert times(run(rule, opened, an_event("start", 10, ends=end_of(50)), until=day(200))) == [day(20)]


def test_a_date_that_is_past_is_a_moment_at_once_and_closes_the_watch() -> None:
    rule = an_absence(due=DUE)
    result = run(rule, an_event("start", 0, ends=end_of(100)), an_event("start", 10, ends=end_of(5)), until=day(200))

    assert times(result) == [10]
    assert evidence(result) == [["start@0", "start@10"]]
    assert result.tallies["r"].open_watches == 0


def test_a_deadline_at_the_very_time_of_the_event_is_past() -> None:
    result = run(an_absence(due=DUE), an_event("start", 0, ends=end_of(30)))

    assert times(result) == [0]


def test_every_start_whose_date_is_past_fires_again() -> None:
    rule = an_absence(due=DUE)

    assert times(run(rule, an_event("start", 0, ends=end_of(1)), an_event("start", 5, ends=end_of(1)))) == [0, 5]


def test_an_end_in_time_satisfies_a_dated_watch() -> None:
    rule = an_absence(due=DUE)

    assert times(run(rule, an_event("start", 0, ends=end_of(100)), an_event("until", day(70)), until=day(200))) == []


@pytest.mark.parametrize(
    ("ends", "zone", "offset"),
    [
        ("2026-05-01", "UTC", 0),
        ("2026-05-01", "Asia/Jerusalem", -3),
        ("2026-05-01", "America/New_York", 4),
        ("2026-05-01T00:00:00+02:00", "America/New_York", -2),
    ],
)
def test_a_bare_date_is_its_midnight_in_the_rules_zone(ends: str, zone: str, offset: int) -> None:
    result = run(an_absence(due={"at": "event.data.ends"}, zone=zone), an_event("start", 0, ends=ends), until=day(200))

    (moment,) = result.moments
    assert moment.at.isoformat() == (at(day(59) + 16 * 60) + timedelta(hours=offset)).isoformat()


def test_a_midnight_that_clocks_skip_is_the_first_instant_after_it() -> None:
    rule = an_absence(due={"at": "'2026-04-24'"}, zone="Africa/Cairo")

    (moment,) = run(rule, an_event("start", 0), until=day(200)).moments
    assert moment.at.isoformat() == "2026-04-23T22:00:00+00:00"


def test_a_timestamp_of_cel_is_a_date_too() -> None:
    rule = an_absence(due={"at": "now + duration('48h')"})

    assert times(run(rule, an_event("start", 0), until=day(3))) == [day(2)]


@pytest.mark.parametrize("ends", ["2026-05-01T00:00:00", "soon", "2026-13-01", "2026-W18-5", 20260501, None, True, ["x"]])
def test_what_is_no_date_skips_the_rule_and_leaves_the_watch_as_it_was(ends: object) -> None:
    rule = an_absence(due=DUE)
    result = run(rule, an_event("start", 0, ends=end_of(100)), an_event("start", 5, ends=ends), until=day(200))

    assert times(result) == [day(70)]
    assert evidence(result) == [["start@0"]]
    assert result.tallies["r"].errors == 1


def test_a_date_out_of_all_years_is_an_error() -> None:
    assert run(an_absence(due=DUE), an_event("start", 0, ends="0001-01-02")).tallies["r"].errors == 1
