"""Rules as text, of which a test states only the part it is about."""

from datetime import UTC, datetime

from orchestrator.availability.calendars import Calendar, read_calendar
from orchestrator.detection.lint.findings import Code, Finding, LintedRule
from orchestrator.detection.lint.linting import Known, lint
from orchestrator.detection.rule_files import read_rule_file

NOW = datetime(2026, 6, 7, 8, tzinfo=UTC)
ON_X = "{occurrence: {on: [{type: customer.moved}]}}"


def a_rule(detect: str = ON_X, *lines: str, name: str = "r", steps: str = "[{callback: {queue: sales}}]") -> LintedRule:
    """A rule whose `detect` is in line 3, `steps` in line 4 and `lines` below; it expires after a day unless they say so."""
    expires = () if any(line.startswith("expires") for line in lines) else ("expires: 1d",)
    text = "\n".join([f"rule: {name}", "moment: m", f"detect: {detect}", f"steps: {steps}", *lines, *expires])
    file = read_rule_file(text.encode(), name=f"{name}.yaml")
    return LintedRule(file.rule, file.spots)


def where(condition: str, event_type: str = "checkout.started") -> LintedRule:
    """A rule with one condition, which begins in line 3, column 54 minus what the type is shorter than this one."""
    quoted = condition.replace("'", "''")
    return a_rule(f"{{occurrence: {{on: [{{type: {event_type}, where: '{quoted}'}}]}}}}")


def found(*rules: LintedRule, known: Known | None = None) -> list[Finding]:
    return list(lint(rules, known or Known(), now=NOW).findings)


def codes(*rules: LintedRule, known: Known | None = None) -> list[Code]:
    return [finding.code for finding in found(*rules, known=known)]


def a_calendar(weekly: str, zone: str = "Asia/Jerusalem") -> Calendar:
    return read_calendar(f"calendar: c\nzone: {zone}\nweekly: {weekly}\n".encode(), name="c.yaml")
