"""`ringback when`: may somebody be called, and if not, when? A customer, or by files alone, for trying a calendar."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.availability.calendars import read_calendar
from orchestrator.availability.calling_hours import read_calling_hours
from orchestrator.availability.trial import Trial, try_hours
from orchestrator.availability.verdicts import GateCode
from orchestrator.availability.windows import Windows
from orchestrator.availability.zones import NUMBER_MARGIN, UnknownZone, zone
from orchestrator.cli.arguments import Data, file_bytes, instant
from orchestrator.errors import BadInput
from orchestrator.escalations.words import Language


def when(
    at: Annotated[str, typer.Option(help="The time asked about, RFC 3339 with offset.")],
    calendar: Annotated[Path | None, typer.Option(help="A calendar to try, as YAML.")] = None,
    calling_hours: Annotated[Path | None, typer.Option(help="Allowed hours where the customer is, as YAML.")] = None,
    customer_zone: Annotated[list[str] | None, typer.Option(help="A zone the customer may be in; repeatable.")] = None,
    margin: Annotated[bool, typer.Option("--margin", help="Narrow as for a zone told by a phone number.")] = False,
    expires: Annotated[str | None, typer.Option(help="When waiting ends, RFC 3339 with offset.")] = None,
    customer: Annotated[str | None, typer.Option(help="A customer: our id, or the id channels send.")] = None,
    rule: Annotated[str | None, typer.Option(help="The rule that would contact the customer.")] = None,
    language: Annotated[Language, typer.Option(help="The language of the gates' sentences.")] = Language.ENGLISH,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    data: Data = None,
) -> None:
    """Say go, wait and until when, or refuse and why. Exit code 0 for any answer, 2 for bad input."""
    now = instant(at, field="--at")
    if customer is not None or rule is not None:
        # Only this needs the database's libraries; a calendar is tried without them.
        from orchestrator.cli.when_customer import ask_for_customer, check_customer, gate_lines

        files = {"--calendar": calendar, "--calling-hours": calling_hours}
        check_customer(customer, rule, {**files, "--customer-zone": customer_zone, "--margin": margin, "--expires": expires})
        known, zone = ask_for_customer(str(customer), str(rule), at=now, data=data)
        told = [_as_line(known.summary), *gate_lines(known, language=language, zone=zone)]
        print(_as_json(known.summary) if as_json else "\n".join(told))
        return
    if calendar is None:
        fix = "give --calendar FILE, or --customer C and --rule R"
        raise BadInput("there is no calendar to try", field="--calendar", fix=fix)
    end = None if expires is None else instant(expires, field="--expires")
    hours = {GateCode.BUSINESS_HOURS: read_calendar(file_bytes(calendar, field="--calendar"), name=str(calendar)).open_times()}
    if (allowed := _allowed_times(calling_hours, customer_zone or [], margin)) is not None:
        hours[GateCode.CALLING_HOURS] = allowed
    trial = try_hours(hours, at=now, expires=end)
    print(_as_json(trial) if as_json else _as_line(trial))


def _allowed_times(file: Path | None, zones: list[str], margin: bool) -> Windows | None:
    if file is None:
        if zones or margin:
            given = "--customer-zone" if zones else "--margin"
            raise BadInput("there are no calling hours to hold it against", field=given, fix="give --calling-hours FILE")
        return None
    if not zones:
        fix = "give --customer-zone ZONE, once for each zone the customer may be in"
        raise BadInput("nobody can tell where the customer is", field="--customer-zone", fix=fix)
    hours = read_calling_hours(file_bytes(file, field="--calling-hours"), name=str(file))
    return hours.at(_known(zones), NUMBER_MARGIN if margin else timedelta(0))


def _known(zones: list[str]) -> tuple[str, ...]:
    try:
        return tuple(sorted({zone(name).key for name in zones}))
    except UnknownZone as error:
        raise BadInput(error.detail, field="--customer-zone", fix=error.fix) from None


def _as_json(trial: Trial) -> str:
    until = None if trial.until is None else to_the_second(trial.until)
    return json.dumps({"verdict": trial.answer.value, "until": until, "reasons": [code.value for code in trial.reasons]})


def _as_line(trial: Trial) -> str:
    until = "" if trial.until is None else f" until {to_the_second(trial.until)}"
    return f"{trial.answer}{until}" + (f": {', '.join(trial.reasons)}" if trial.reasons else "")


def to_the_second(moment: datetime) -> str:
    """Return an instant as RFC 3339 `Z`, the fraction rounded up: nothing is open before it opens."""
    whole = moment.astimezone(UTC).replace(microsecond=0)
    return (whole if whole == moment else whole + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
