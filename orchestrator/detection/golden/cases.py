"""Golden cases: what a rule must find in a handful of events, written beside the rules in `cases/<rule>.yaml`."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.patterns import type_matcher
from orchestrator.detection.rule_patterns import patterns_of
from orchestrator.detection.verdicts import Verdict
from orchestrator.detection.yaml_files import BadYaml, Path, YamlFile, read_yaml
from orchestrator.documents import read_document
from orchestrator.intake.catalogue import EVENT_TYPES
from orchestrator.intake.envelope import read_event
from orchestrator.intake.event import Event
from orchestrator.intake.json_text import JsonValue
from orchestrator.intake.refusals import Refused
from orchestrator.intake.timestamps import format_milliseconds, parse_time


def _instant(value: Any) -> datetime:  # Any: whatever a document holds
    known = parse_time(value) if isinstance(value, str) else None
    if known is None:
        raise ValueError("this is no time with an offset, like 2026-06-07T10:00:00Z")
    return known


def _verdict(value: Any) -> Verdict:  # Any: whatever a document holds
    try:
        return Verdict(value)
    except ValueError:
        raise ValueError(f"this is none of {', '.join(Verdict)}") from None


Instant = Annotated[datetime, BeforeValidator(_instant)]
Text = Annotated[str, Field(min_length=1, max_length=1024)]
Key = Annotated[Text | int, AfterValidator(str)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expected(_Document):
    """A moment that must be found; without `key`, the customer's id is it."""

    customer: Text
    key: Key | None = None
    at: Instant
    verdict: Annotated[Verdict, BeforeValidator(_verdict)] = Verdict.ESCALATE


class CaseDocument(_Document):
    """`customers` have attributes before the first event. An event needs type and time; without `subject` it is that of
    the only customer, without `id` it has its number."""

    name: Text
    customers: dict[Text, dict[str, Any]] = Field(default_factory=dict)
    events: list[dict[str, Any]] = Field(default_factory=list)
    until: Instant | None = None
    expect: list[Expected]


class CasesFile(_Document):
    cases: Annotated[list[CaseDocument], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A moment as a case names it; `at` is cut to milliseconds."""

    at: str
    customer: str
    key: str
    verdict: str

    def __str__(self) -> str:
        return f"{self.verdict} of {self.customer} ({self.key}) at {self.at}"


@dataclass(frozen=True, slots=True)
class Case:
    """A case ready to run; `line` is that of its name in the file."""

    file: str
    line: int
    name: str
    customers: Mapping[str, Mapping[str, JsonValue]]
    events: tuple[Event, ...]
    until: datetime | None
    expected: tuple[Outcome, ...]


def read_cases(raw: bytes, rule: CompiledRule, *, name: str) -> list[Case]:
    """Read the cases of a rule. Raises `BadYaml` with line, column, field and fix, for events that intake would refuse too."""
    document, file = read_document(raw, CasesFile, name=name), read_yaml(raw, name=name)
    return [_case(file, rule, index, case) for index, case in enumerate(document.cases)]


def _case(file: YamlFile, rule: CompiledRule, index: int, case: CaseDocument) -> Case:
    at: Path = ("cases", index)
    events = [_event(file, rule, case, (*at, "events", number), number) for number in range(len(case.events))]
    return Case(
        file=file.name,
        line=file.spot((*at, "name")).line,
        name=case.name,
        customers={customer: _plain(attributes) for customer, attributes in case.customers.items()},
        events=tuple(events),
        until=case.until,
        expected=tuple(_outcome(expected) for expected in case.expect),
    )


def _outcome(expected: Expected) -> Outcome:
    key = expected.customer if expected.key is None else str(expected.key)
    return Outcome(format_milliseconds(expected.at), expected.customer, key, expected.verdict.value)


def _event(file: YamlFile, rule: CompiledRule, case: CaseDocument, at: Path, number: int) -> Event:
    given = {"specversion": "1.0", "id": str(number + 1), "source": "case", **_plain(case.events[number])}
    if "subject" not in given and len(case.customers) == 1:
        given["subject"] = next(iter(case.customers))
    _know(file, rule, at, given.get("type"))
    try:
        return read_event(json.dumps(given).encode())
    except Refused as refused:
        path = (*at, *(refused.field or "").split(".")) if refused.field else at
        raise BadYaml(file.name, file.spot(path), refused.detail, fix=refused.fix or "", field=refused.field) from None


def _know(file: YamlFile, rule: CompiledRule, at: Path, event_type: JsonValue) -> None:
    """Refuse a type that neither the catalogue has nor the rule looks at by its name: it is a slip of the pen."""
    own = [pattern.type for _, pattern in patterns_of(rule.document) if pattern.type.strip("*")]
    if not isinstance(event_type, str) or event_type in EVENT_TYPES or any(type_matcher(glob)(event_type) for glob in own):
        return
    near = difflib.get_close_matches(event_type, [*EVENT_TYPES, *own], n=1)
    fix = f"Did you mean {near[0]}?" if near else "Use a type of the catalogue, or one that the rule names."
    raise BadYaml(file.name, file.spot((*at, "type")), f"There is no event type {event_type}.", fix=fix, field="type")


def _plain(value: Any) -> Any:  # Any: a YAML value in, the same as JSON out
    """Return a value as JSON has it: a bare date is its text."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
