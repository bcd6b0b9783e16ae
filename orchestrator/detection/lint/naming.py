"""Steps that name what does not exist."""

import difflib
from collections.abc import Iterator, Set

from orchestrator.detection.lint.findings import Code, Finding, LintedRule
from orchestrator.detection.yaml_files import Path
from orchestrator.sayings import Saying, saying

_NO_SCRIPT = "There is no script {name}; general words are said instead."
_NO_TEMPLATE = "There is no template {name}; general words are said instead."


def unknown_queues(linted: LintedRule, queues: Set[str]) -> Iterator[Finding]:
    """Yield a finding for each step whose queue is not among those known: its cases wait until somebody makes it."""
    for path, name in _named(linted, "queue"):
        if name not in queues:
            message = saying("There is no queue {name}; until there is, its cases wait.", name=name)
            yield linted.warning(Code.UNKNOWN_QUEUE, path, message, _fix(name, queues))


def unknown_scripts(linted: LintedRule, scripts: Set[str], templates: Set[str]) -> Iterator[Finding]:
    """Yield a finding for each step whose script or template is not among those known."""
    for field, known, words in (("script", scripts, _NO_SCRIPT), ("template", templates, _NO_TEMPLATE)):
        for path, name in _named(linted, field):
            if name not in known:
                yield linted.warning(Code.UNKNOWN_SCRIPT, path, saying(words, name=name), _fix(name, known))


def _named(linted: LintedRule, field: str) -> Iterator[tuple[Path, str]]:
    for path, step in linted.document.every_step():
        for kind in ("callback", "call", "message"):
            name = getattr(getattr(step, kind), field, None)
            if name is not None:
                yield (*path, kind, field), name


def _fix(name: str, known: Set[str]) -> Saying:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return saying("Did you mean {near}?", near=near[0])
    return saying("Known are {known}.", known=", ".join(sorted(known))) if known else saying("Known are none.")
