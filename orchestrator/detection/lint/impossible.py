"""Patterns that no event can match, because of what they ask or because nothing has that type."""

import difflib
from collections.abc import Iterator, Sequence

from orchestrator.detection.expressions import Yields
from orchestrator.detection.lint.conditions import alternatives
from orchestrator.detection.lint.findings import Code, Finding, LintedRule
from orchestrator.detection.lint.possible import contradiction
from orchestrator.detection.lint.trees import Node, Select, field_of, tree_of, walk
from orchestrator.detection.patterns import type_matcher
from orchestrator.detection.rule_patterns import patterns_of
from orchestrator.detection.rules import PatternDocument
from orchestrator.detection.yaml_files import Path
from orchestrator.intake.catalogue import EVENT_TYPES
from orchestrator.sayings import saying

_UNLISTED = "See the event types that Ringback knows, or go on if a channel sends it."


def impossible_conditions(linted: LintedRule) -> Iterator[Finding]:
    """Yield a finding for each pattern that no event of the catalogue can match, and for each field that looks misspelt."""
    for path, pattern in patterns_of(linted.document):
        types = types_of(pattern.type)
        if not types:
            yield _unknown_type(linted, path, pattern.type)
        if pattern.where is None:
            continue
        at = (*path, "where")
        if (why := never(pattern, types)) is not None:
            message = saying("No event can meet this condition: {why}.", why=why)
            yield linted.error(Code.IMPOSSIBLE_CONDITION, at, message, saying("Correct it, or remove the pattern."))
        else:
            yield from _misspelt(linted, at, pattern.where, types)


def types_of(glob: str) -> tuple[str, ...]:
    """Return the types of the catalogue that a pattern looks at."""
    return tuple(filter(type_matcher(glob), EVENT_TYPES))


def never(pattern: PatternDocument, types: Sequence[str]) -> str | None:
    """Return why no event can match, None where one may. A glob is also met by types that nobody has listed."""
    whys = []
    candidates: list[str | None] = [pattern.type] if "*" not in pattern.type else [*types, None]
    for facts in alternatives(pattern.where):
        for candidate in candidates:
            if (why := contradiction(facts, candidate)) is None:
                return None
            whys.append(why)
    return min(whys, default=saying("it is always false"))


def _unknown_type(linted: LintedRule, path: Path, glob: str) -> Finding:
    near = difflib.get_close_matches(glob, EVENT_TYPES, n=1, cutoff=0.6)
    fix = saying("Did you mean {near}?", near=near[0]) if near else saying(_UNLISTED)
    message = saying("The catalogue has no event type {type}.", type=glob)
    return linted.warning(Code.IMPOSSIBLE_CONDITION, (*path, "type"), message, fix)


def _misspelt(linted: LintedRule, path: Path, where: str, types: Sequence[str]) -> Iterator[Finding]:
    """Fields that are none of the catalogue's and much like one of them. Others may well be a channel's own."""
    known = {name for each in types for name in (*(f.name for f in EVENT_TYPES[each].fields), *EVENT_TYPES[each].sample)}
    for field in sorted({name for node in walk(tree_of(where, Yields.CONDITION)) if (name := _data_field(node))}):
        near = difflib.get_close_matches(field, known, n=1, cutoff=0.8)
        if field not in known and near:
            message = saying("The catalogue knows no field {field} of {types}.", field=field, types=", ".join(types))
            fix = saying("Did you mean {near}?", near=near[0])
            yield linted.warning(Code.IMPOSSIBLE_CONDITION, path, message, fix)


def _data_field(node: Node) -> str | None:
    if isinstance(node, Select) and field_of(node.operand) == "event.data":
        return node.field
    named = field_of(node) or ""
    return named.removeprefix("event.data.") if named.startswith("event.data.") and named.count(".") == 2 else None
