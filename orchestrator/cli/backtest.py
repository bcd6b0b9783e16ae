"""`ringback backtest`: what rules would have found in recorded events, without a server."""

import asyncio
import gc
import json
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestrator.cli.progress import shown_progress
from orchestrator.cli.staff import read_staff
from orchestrator.detection.backtest import Backtest, run_backtest
from orchestrator.detection.backtest_output import moment_object, per_hour, report, summary
from orchestrator.detection.backtest_period import counted_from
from orchestrator.detection.progress import Phase, Progress, told, untold
from orchestrator.detection.rule_files import read_rules
from orchestrator.detection.rulebook import Rulebook
from orchestrator.errors import BadInput
from orchestrator.intake.event_files import EventFile, lines_of, read_event_lines
from orchestrator.intake.json_text import JsonValue
from orchestrator.intake.timestamps import parse_time


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
    rulebook = Rulebook(read_rules(rules))
    first, last = _instant(since, field="--from"), _instant(until, field="--until")
    capacity = read_staff(staff) if staff is not None else None
    with shown_progress(as_lines=progress) as tell:
        file = _accepted(events, tell)
        result = run_backtest(rulebook, file.events.values(), until=last, salt=salt, progress=tell)
    if first is not None:
        result = counted_from(result, first)
    if moments is not None:
        _write(moments, (_line(moment_object(moment)) for moment in result.moments), field="--moments")
    if report_to is not None:
        _write(report_to, [json.dumps(report(result, rulebook, salt=salt), ensure_ascii=False, indent=1)], field="--report")
    answer = summary(result, file, seconds=time.perf_counter() - started)
    if capacity is not None:
        _add_hours(answer, per_hour(result, rulebook, capacity))
    if as_json:
        print(json.dumps(answer))
    else:
        _show(answer, result)


def _instant(text: str | None, *, field: str) -> datetime | None:
    if text is None:
        return None
    known = parse_time(text)
    if known is None:
        fix = "write it like 2026-06-07T10:00:00+03:00, with Z or an offset"
        raise BadInput("this is not a time with an offset", field=field, fix=fix)
    return known


def _accepted(events: str, tell: Progress) -> EventFile:
    if events == "db":
        from orchestrator.cli.stored_events import stored_events  # only this needs the database's libraries

        return asyncio.run(stored_events())
    # Nothing that is read here dies before the end, so looking for garbage would only cost time.
    gc.disable()
    try:
        of = None if tell is untold else _lines_in(Path(events))
        with Path(events).open("rb") as stream:
            return read_event_lines(told(lines_of(stream), Phase.READING, of, tell))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        fix = "name a file that can be read"
        raise BadInput(f"cannot read {events}: {reason}", field="--events", fix=fix) from None
    finally:
        gc.freeze()
        gc.enable()


def _lines_in(path: Path) -> int | None:
    """Return how many lines a file has; None where it can be read only once."""
    if not path.is_file():
        return None
    count, last = 0, b"\n"
    with path.open("rb") as stream:
        while part := stream.read(1 << 20):
            count, last = count + part.count(b"\n"), part[-1:]
    return count + (last != b"\n")


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


def _show(told: dict[str, Any], result: Backtest) -> None:
    events = told["events"]
    refused = sum(events["refused"].values())
    print(f"{events['read']} events: {events['accepted']} accepted, {events['duplicate']} copies, {refused} refused")
    for reason, count in events["refused"].items():
        sample = told["refused_samples"][reason]
        print(f"  refused {reason}: {count}, first in line {sample['line']} ({sample['field'] or 'the line'})")
    for name, tally in told["rules"].items():
        verdicts = ", ".join(f"{verdict} {count}" for verdict, count in tally["verdicts"].items()) or "none"
        print(f"{name}: {tally['moments']} moments ({verdicts}), {tally['open_watches']} watches open")
        for place, sample in told["error_samples"].get(name, {}).items():
            print(f"  no value at {place}, first on {sample['event']}: {sample['message']}")
        for hour, own in tally.get("per_hour", {}).items():
            print(f"  {hour}: {own['moments']} moments, capacity {own['capacity']}")
    print(f"until {told['until']}, {len(result.moments)} moments in {told['seconds']} s")
