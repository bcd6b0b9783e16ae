"""Steps that name what does not exist."""

import difflib
from collections.abc import Iterator, Set

from orchestrator.detection.lint.findings import Code, Finding, LintedRule
from orchestrator.detection.yaml_files import Path


def unknown_queues(linted: LintedRule, queues: Set[str]) -> Iterator[Finding]:
    """Yield a finding for each step whose queue is not among those known: its cases wait until somebody makes it."""
    for path, name in _named(linted, "queue"):
        if name not in queues:
            message = f"There is no queue {name}; until there is, its cases wait."
            yield linted.warning(Code.UNKNOWN_QUEUE, path, message, _fix(name, queues))


def unknown_scripts(linted: LintedRule, scripts: Set[str], templates: Set[str]) -> Iterator[Finding]:
    """Yield a finding for each step whose script or template is not among those known."""
    for field, known in (("script", scripts), ("template", templates)):
        for path, name in _named(linted, field):
            if name not in known:
                message = f"There is no {field} {name}; general words are said instead."
                yield linted.warning(Code.UNKNOWN_SCRIPT, path, message, _fix(name, known))


def _named(linted: LintedRule, field: str) -> Iterator[tuple[Path, str]]:
    for path, step in linted.document.every_step():
        for kind in ("callback", "call", "message"):
            name = getattr(getattr(step, kind), field, None)
            if name is not None:
                yield (*path, kind, field), name


def _fix(name: str, known: Set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(known)) or 'none'}."
