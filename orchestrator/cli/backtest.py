"""`ringback backtest`: what rules would have found in recorded events, without a server."""

import gc
import json
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestrator.cli.event_sources import read_events
from orchestrator.cli.progress import shown_progress
from orchestrator.cli.staff import read_staff
from orchestrator.detection.backtest_output import per_hour, report, summary
from orchestrator.detection.backtest_stream import Arrivals, Asked, stream_backtest
from orchestrator.detection.rule_files import read_rules
from orchestrator.detection.rulebook import Rulebook
from orchestrator.errors import BadInput
from orchestrator.intake.json_text import JsonValue
from orchestrator.intake.timestamps import parse_time
from orchestrator.storage.spill import Spill


def backtest(
    rules: Annotated[Path, typer.Option(help="A directory of rules: *.yaml and *.yml directly in it.")],
    events: Annotated[str, typer.Option(help="A file of CloudEvents, one a line, in any order; or db.")],
    until: Annotated[str | None, typer.Option(help="Stop at this time, RFC 3339; else at the last event.")] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Count moments from this time on; what came before is applied all the same.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    moments: Annotated[Path | None, typer.Option(help="Write every moment to this file, one JSON object a line.")] = None,
    staff: Annotated[Path | None, typer.Option(help="YAML {queue: {calendar, agents}}: adds moments per hour.")] = None,
    report_to: Annotated[Path | None, typer.Option("--report", help="Write overlap, samples, value and cost.")] = None,
    progress: Annotated[bool, typer.Option("--progress", help="Tell on stderr how far it is, a JSON object a line.")] = False,
    salt: Annotated[str, typer.Option(envvar="RINGBACK_HOLDOUT_SALT", help="The holdout's salt.")] = "",
) -> None:
    """Count the moments that rules would have found in recorded events, and what would have become of them."""
    started = time.perf_counter()
    # Parts come and go by the ten thousand, and nothing in them is a cycle: to look for garbage often only costs time.
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    rulebook = Rulebook(read_rules(rules))
    first, last = _instant(since, field="--from"), _instant(until, field="--until")
    capacity = read_staff(staff) if staff is not None else None
    with Spill() as spill:
        arrivals = Arrivals(spill)
        with shown_progress(as_lines=progress) as tell:
            counts = read_events(events, arrivals, tell)
            keeps = moments is not None or report_to is not None
            asked = Asked(first, last, salt=salt, keeps_moments=keeps)
            result = stream_backtest(rulebook, arrivals, counts, asked, progress=tell)
        if moments is not None:
            _write(moments, (_line(moment.as_object()) for moment in result.moments), field="--moments")
        if report_to is not None:
            told = report(result.totals, rulebook, result.moments)
            _write(report_to, [json.dumps(told, ensure_ascii=False, indent=1)], field="--report")
    answer = summary(result, counts, seconds=time.perf_counter() - started)
    if capacity is not None:
        _add_hours(answer, per_hour(result.totals, rulebook, capacity))
    if as_json:
        print(json.dumps(answer))
    else:
        _show(answer)


def _instant(text: str | None, *, field: str) -> datetime | None:
    if text is None:
        return None
    known = parse_time(text)
    if known is None:
        fix = "write it like 2026-06-07T10:00:00+03:00, with Z or an offset"
        raise BadInput("this is not a time with an offset", field=field, fix=fix)
    return known


def _write(path: Path, lines: Iterable[str], *, field: str) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        fix = "name a file that can be written"
        raise BadInput(f"cannot write {path}: {reason}", field=field, fix=fix) from None


def _line(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False)


def _add_hours(told: dict[str, JsonValue], hours: dict[str, dict[str, JsonValue]]) -> None:
    rules: Any = told["rules"]  # Any: an object that `summary` has just built
    for name, own in hours.items():
        rules[name]["per_hour"] = own


def _show(told: dict[str, Any]) -> None:
    events = told["events"]
    refused = sum(events["refused"].values())
    print(f"{events['read']} events: {events['accepted']} accepted, {events['duplicate']} copies, {refused} refused")
    for reason, count in events["refused"].items():
        sample = told["refused_samples"][reason]
        print(f"  refused {reason}: {count}, first in line {sample['line']} ({sample['field'] or 'the line'}): {sample['fix']}")
    for name, tally in told["rules"].items():
        verdicts = ", ".join(f"{verdict} {count}" for verdict, count in tally["verdicts"].items()) or "none"
        print(f"{name}: {tally['moments']} moments ({verdicts}), {tally['open_watches']} watches open")
        for place, sample in told["error_samples"].get(name, {}).items():
            print(f"  no value at {place}, first on {sample['event']}: {sample['message']}")
        for hour, own in tally.get("per_hour", {}).items():
            print(f"  {hour}: {own['moments']} moments, capacity {own['capacity']}")
    found = sum(tally["moments"] for tally in told["rules"].values())
    print(f"until {told['until']}, {found} moments in {told['seconds']} s")
