"""`ringback rules test`: the golden cases of rules."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.detection.golden.running import Result, read_case_files, run_case
from orchestrator.detection.rule_files import read_rules


def run_cases(
    directory: Annotated[Path, typer.Argument(help="Directory of rule files; their cases are in cases/<rule>.yaml.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Run the golden cases of rules. Exit code 1 when one fails, 2 for bad input."""
    rules = read_rules(directory)
    cases = read_case_files(directory, rules)
    results = [run_case(rule, case) for rule in rules for case in cases.get(rule.name, [])]
    without = [rule.name for rule in rules if rule.name not in cases]
    print(json.dumps([_object(result) for result in results], ensure_ascii=False) if as_json else _told(results, without))
    if not all(result.passed for result in results):
        raise typer.Exit(1)


def _object(result: Result) -> dict[str, object]:
    return {
        "file": result.case.file,
        "line": result.case.line,
        "rule": result.rule,
        "case": result.case.name,
        "passed": result.passed,
        "missing": [asdict(outcome) for outcome in result.missing],
        "unexpected": [asdict(outcome) for outcome in result.unexpected],
    }


def _told(results: list[Result], without: list[str]) -> str:
    lines = []
    for result in results:
        lines.append(f"{'ok' if result.passed else 'FAILED'}  {result.rule}: {result.case.name}")
        if not result.passed:
            lines.append(f"  {result.case.file}:{result.case.line}")
        lines.extend(f"  expected, not found: {outcome}" for outcome in result.missing)
        lines.extend(f"  found, not expected: {outcome}" for outcome in result.unexpected)
    lines.extend(f"{name} has no cases" for name in without)
    failed = sum(not result.passed for result in results)
    return "\n".join([*lines, f"{len(results)} cases, {failed} failed"])
