"""What a plan waits for, how often it tries, whom it may reach and whom it names."""

import pytest

from orchestrator.detection.lint.findings import Code, Finding, Severity
from orchestrator.detection.lint.linting import Known
from tests.unit.detection.lint.texts import ON_X, a_calendar, a_rule, codes, found

CALL = "[{call: {queue: sales}}]"
CONTRACT = "{absence: {start: [{type: contract.started}], due: {at: event.data.ends_at, before: 30d}}}"


def with_steps(steps: str, *lines: str) -> list[Finding]:
    return found(a_rule("{occurrence: {on: [{type: customer.moved}]}}", *lines, steps=steps))


@pytest.mark.parametrize(
    ("steps", "lines", "place"),
    [
        ("[{callback: {queue: sales, due: 1d}}]", (), "steps[0].callback.due"),
        ("[{callback: {queue: sales}}]", ("grace: 24h",), "grace"),
        (
            "[{callback: {queue: sales, attempts: {max: 2, no_answer: 2d}}}]",
            (),
            "steps[0].callback.attempts.no_answer",
        ),
        (
            "[{message: {template: renewal}}, {callback: {queue: sales, attempts: {max: 2, busy: 36h}}}]",
            (),
            "steps[1].callback.attempts.busy",
        ),
    ],
)
def test_a_wait_as_long_as_the_moment_lives_is_an_error(steps: str, lines: tuple[str, ...], place: str) -> None:
    (finding,) = with_steps(steps, *lines)

    assert (finding.code, finding.severity) == (Code.WAIT_BEYOND_EXPIRY, Severity.ERROR)
    assert finding.message.startswith(f"{place}: This waits ")


def test_a_wait_that_ends_before_or_is_never_used_is_none() -> None:
    assert with_steps("[{callback: {queue: sales, due: 23h, attempts: {max: 2, no_answer: 23h}}}]") == []
    assert with_steps("[{callback: {queue: sales, attempts: {max: 1, no_answer: 2d}}}]") == []


@pytest.mark.parametrize(
    ("attempts", "severity"),
    [
        ("{max: 20, no_answer: 1m}", Severity.ERROR),
        ("{max: 7, no_answer: 1h, busy: 1h, machine: 1h}", Severity.ERROR),
        ("{max: 6, no_answer: 1h}", Severity.WARNING),
        ("{max: 4}", Severity.WARNING),
        ("{max: 20, no_answer: 5h, busy: 5h, machine: 5h}", Severity.WARNING),
    ],
)
def test_more_dials_a_day_than_lawful_or_capped_is_found(attempts: str, severity: Severity) -> None:
    (finding,) = with_steps(f"[{{callback: {{queue: sales, attempts: {attempts}}}}}]")

    assert (finding.code, finding.severity) == (Code.ENDLESS_RETRY, severity)


@pytest.mark.parametrize("attempts", ["{max: 3, busy: 1m}", "{max: 20, no_answer: 8h, busy: 8h, machine: 9h}"])
def test_three_dials_a_day_are_not(attempts: str) -> None:
    assert with_steps(f"[{{callback: {{queue: sales, attempts: {attempts}}}}}]") == []


def test_a_plan_of_recorded_calls_alone_reaches_nobody_who_did_not_agree() -> None:
    (finding,) = with_steps(CALL)

    assert (finding.code, finding.severity, finding.line) == (Code.MISSING_CONSENT, Severity.WARNING, 4)
    assert "Nothing else reaches them." in finding.message


def test_a_recorded_call_among_other_steps_is_a_warning() -> None:
    (finding,) = with_steps("[{call: {queue: sales}}, {message: {template: renewal}}]")

    assert (finding.code, finding.severity) == (Code.MISSING_CONSENT, Severity.WARNING)


def test_a_rule_that_asks_for_the_consent_or_was_asked_to_call_misses_none() -> None:
    agreed = "{occurrence: {on: [{type: customer.moved, where: customer.consent.voice_recorded == true}]}}"

    assert codes(a_rule(agreed, steps=CALL)) == []
    assert with_steps(CALL, "purpose: requested_callback") == []


def test_a_call_that_sells_a_renewal_is_a_warning_and_a_message_or_service_is_not() -> None:
    (finding,) = found(a_rule(CONTRACT, "purpose: marketing"))

    assert (finding.code, finding.severity, finding.line) == (Code.MARKETING_RENEWAL, Severity.WARNING, 5)
    assert codes(a_rule(CONTRACT, "purpose: service")) == []
    assert codes(a_rule(CONTRACT, "purpose: marketing", steps="[{message: {template: renewal}}]")) == []


def test_queues_scripts_and_templates_that_do_not_exist_are_told_with_the_nearest() -> None:
    known = Known(queues={"sales"}, scripts={"checkout"}, templates={"renewal"})
    steps = "[{callback: {queue: salse, script: chekout}}, {message: {template: other}}]"

    findings = found(a_rule(steps=steps), known=known)

    assert [(each.code, each.fix) for each in findings] == [
        (Code.UNKNOWN_QUEUE, "Did you mean sales?"),
        (Code.UNKNOWN_SCRIPT, "Did you mean checkout?"),
        (Code.UNKNOWN_SCRIPT, "Known are renewal."),
    ]
    assert [each.line for each in findings] == [4, 4, 4]


def test_a_queue_that_is_open_only_when_nobody_may_be_called_is_an_error() -> None:
    night, day = a_calendar('{sun: ["21:00-23:00"]}'), a_calendar('{sun: ["19:00-23:00"]}')

    (finding,) = found(a_rule(), known=Known(calendars={"sales": night}))

    assert (finding.code, finding.severity) == (Code.NO_WINDOW, Severity.ERROR)
    assert codes(a_rule(), known=Known(calendars={"sales": day})) == []


def test_customers_are_taken_to_be_called_at_the_hours_of_the_country_where_the_calendar_is() -> None:
    saturday, marketing = '{sat: ["10:00-12:00"]}', a_rule(ON_X, "purpose: marketing")

    assert codes(a_rule(), known=Known(calendars={"sales": a_calendar(saturday)})) == [Code.NO_WINDOW]
    assert codes(marketing, known=Known(calendars={"sales": a_calendar(saturday, "Europe/Paris")})) == [Code.NO_WINDOW]
    assert codes(a_rule(), known=Known(calendars={"sales": a_calendar(saturday, "Europe/Paris")})) == []


def test_a_queue_that_opens_after_more_than_fourteen_days_is_an_error() -> None:
    calendar = '{}\ndays: {2026-06-22: ["09:00-12:00"]}'

    assert codes(a_rule(), known=Known(calendars={"sales": a_calendar(calendar)})) == [Code.NO_WINDOW]
    assert codes(a_rule(), known=Known(calendars={"sales": a_calendar(calendar.replace("22:", "21:"))})) == []


@pytest.mark.parametrize(
    ("step", "code", "place"),
    [
        ("{callback: {queue: sails}}", Code.UNKNOWN_QUEUE, "split.steps[0].callback.queue"),
        ("{callback: {queue: sales, script: chekout}}", Code.UNKNOWN_SCRIPT, "split.steps[0].callback.script"),
        ("{message: {template: nothing}}", Code.UNKNOWN_SCRIPT, "split.steps[0].message.template"),
        ("{call: {queue: sales}}", Code.MISSING_CONSENT, "split.steps[0].call"),
        (
            "{callback: {queue: sales, attempts: {max: 20, no_answer: 1m}}}",
            Code.ENDLESS_RETRY,
            "split.steps[0].callback.attempts",
        ),
        ("{callback: {queue: sales, due: 1d}}", Code.WAIT_BEYOND_EXPIRY, "split.steps[0].callback.due"),
        ("{callback: {queue: asleep}}", Code.NO_WINDOW, "split.steps[0].callback.queue"),
    ],
)
def test_the_steps_of_a_split_are_checked_as_the_others_are(step: str, code: Code, place: str) -> None:
    known = Known(
        queues={"sales", "asleep"},
        calendars={"asleep": a_calendar("{sun: ['03:00-04:00']}")},
        scripts={"checkout"},
        templates={"finish-link"},
    )

    (finding,) = found(a_rule(ON_X, "split:", "  share: 20%", f"  steps: [{step}]"), known=known)

    assert (finding.code, finding.line) == (code, 7)
    assert finding.message.startswith(f"{place}: ")
    assert finding.column > len("  steps: [")


def test_a_call_stands_alone_in_its_own_plan_whatever_the_other_does() -> None:
    (finding,) = found(a_rule(ON_X, "split: {share: 20%, steps: [{call: {queue: sales}}]}"))

    assert finding.message.endswith("Nothing else reaches them.")
