"""Rules read from files: every error with file, line, column, field and fix."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from orchestrator.detection.compiled import BadRule, CompiledRule, compile_rule, place
from orchestrator.detection.expressions import BadExpression
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.yaml_files import BadYaml, Path, Spot, YamlFile, read_yaml
from orchestrator.errors import BadInput
from orchestrator.sayings import Saying, saying

_SUFFIXES = (".yaml", ".yml")
_FIXES = {
    "missing": "Add it.",
    "unknown_key": "Rename or remove it.",
    "string_type": "Write a text, in quotes where needed.",
    "int_type": "Write a whole number.",
    "list_type": "Write a list.",
    "string_too_long": "Write at most {max_length} characters.",
    "string_too_short": "Write something, or leave it out.",
    "string_pattern_mismatch": "Use letters, digits, dots, hyphens and underscores, without spaces.",
    "too_short": "Name at least {min_length}.",
    "too_long": "Name at most {max_length}.",
    "less_than_equal": "Write a number up to {le}.",
    "less_than": "Write a number below {lt}.",
    "greater_than_equal": "Write a number from {ge} on.",
    "greater_than": "Write a number above {gt}.",
    "enum": "Write one of them.",
    "literal_error": "Write one of them.",
    "one_of": "Keep exactly one of them.",
    "unknown_zone": "Name a zone of the IANA list.",
    "dict_type": "Write keys with values.",
    "bool_type": "Write true or false.",
    "float_type": "Write a number.",
    "bad_text": "Write one that fits.",
    "split_share": "Write a share between, or remove the split.",
}
_OTHERWISE = "Write one that fits."
_PATTERNS = {"^[a-z0-9-]{1,64}$": "Use 1 to 64 small letters, digits and hyphens."}

# The words of the validator's refusals, by their kind; kinds that are not here are known by the very words they come with.
_WORDS = {
    "string_type": "This is not a text.",
    "int_type": "This is not a whole number.",
    "int_parsing": "This is not a whole number.",
    "float_type": "This is not a number.",
    "bool_type": "This is neither true nor false.",
    "list_type": "This is not a list.",
    "tuple_type": "This is not a list.",
    "dict_type": "This is not a set of keys with values.",
    "model_type": "This is not a set of keys with values.",
    "model_attributes_type": "This is not a set of keys with values.",
    "literal_error": "This is none of these: {expected}.",
    "enum": "This is none of these: {expected}.",
    "string_pattern_mismatch": "This has characters that do not fit here.",
    "string_too_short": "This is too short.",
    "string_too_long": "This is too long.",
    "too_short": "These are too few.",
    "too_long": "These are too many.",
    "greater_than_equal": "This is too small.",
    "greater_than": "This is too small.",
    "less_than_equal": "This is too large.",
    "less_than": "This is too large.",
    "finite_number": "This number has no end.",
    "unknown_key": "There is no key '{key}' here. Did you mean '{nearest}'?",
    "bad_text": "{words}.",
}
_IN_EXPRESSION = "{why} (line {line}, column {column} of the expression)"
_ENGINE = (
    (re.compile(r"undeclared reference to '(?P<name>[^']*)'"), "undeclared reference to '{name}'"),
    (
        re.compile(r"found no matching overload for '(?P<function>[^']*)' applied to '(?P<kinds>[^']*)'"),
        "found no matching overload for '{function}' applied to '{kinds}'",
    ),
    (re.compile(r"Syntax error: (?P<rest>.*)", re.DOTALL), "Syntax error: {rest}"),
    (re.compile(r"The expression yields (?P<kind>\w+)\."), "The expression yields {kind}."),
    (re.compile(r"The expression is over (?P<most>\d+) characters\."), "The expression is over {most} characters."),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file; line and column count from 1."""

    file: str
    line: int
    column: int
    field: str
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.field}: {self.message} {self.fix}".rstrip()


class BadRuleFile(BadInput):
    """A file that is YAML but not a rule. `problems` has all that is wrong, in the order of the file; `str()` the first."""

    code = "bad_rule_file"

    def __init__(self, problems: Sequence[Problem]) -> None:
        first, rest = problems[0], len(problems) - 1
        more = f" (and {rest} more)" if rest else ""
        super().__init__(f"{first}{more}", field=first.field, fix=first.fix)
        self.problems = tuple(problems)


def read_rule(raw: bytes, *, name: str) -> CompiledRule:
    """Read one rule from YAML. `name` stands before line and column in errors. Raises `BadYaml` or `BadRuleFile`."""
    return _rule_in(read_yaml(raw, name=name))


def read_rule_file(raw: bytes, *, name: str) -> "RuleFile":
    """Read one rule with its text and places. Raises as `read_rule` does."""
    file = read_yaml(raw, name=name)
    return RuleFile(_rule_in(file), raw.decode(), file)


def _rule_in(file: YamlFile) -> CompiledRule:
    if not isinstance(file.value, dict):
        raise BadYaml(file.name, Spot(), "This is not a rule.", fix="Write rule, moment, detect, steps and expires.")
    try:
        document = RuleDocument.model_validate(file.value)
    except ValidationError as error:
        problems = _without_echoes(_problem(file, details) for details in error.errors(include_url=False))
        raise BadRuleFile(problems) from None
    try:
        return compile_rule(document)
    except BadRule as error:
        raise BadRuleFile([_wrong_expression(file, path, bad) for path, bad in error.problems]) from None


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule with the text it was written in, and where in that each of its parts stands."""

    rule: CompiledRule
    text: str
    spots: YamlFile


def read_rules(directory: FilePath) -> tuple[CompiledRule, ...]:
    """Read every `*.yaml` and `*.yml` directly in a directory, sorted by rule name. Raises as `read_rule_files` does."""
    return tuple(file.rule for file in read_rule_files(directory))


def read_rule_files(directory: FilePath) -> tuple[RuleFile, ...]:
    """Read every `*.yaml` and `*.yml` directly in a directory with its text, sorted by rule name.

    Raises `BadInput` when there is none, when one does not fit, or when two files name the same rule.
    """
    if not directory.is_dir():
        raise BadInput(f"{directory} is not a directory.", field="rules", fix="Name a directory of rule files.")
    paths = sorted(path for path in directory.iterdir() if path.suffix in _SUFFIXES and path.is_file())
    if not paths:
        raise BadInput(f"{directory} holds no rule.", field="rules", fix="Put *.yaml or *.yml files directly into it.")
    files: dict[str, FilePath] = {}
    rules = []
    for path in paths:
        raw = _read(path)
        file = read_rule_file(raw, name=str(path))
        name = file.rule.name
        if name in files:
            raise BadInput(f"{files[name]} and {path} both hold the rule {name}.", field="rule", fix="Rename one of them.")
        files[name] = path
        rules.append(file)
    return tuple(sorted(rules, key=lambda file: file.rule.name))


def _read(path: FilePath) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.", field="rules", fix="Mend the file.") from None


def _problem(file: YamlFile, details: ErrorDetails) -> Problem:
    path = _known_path(file, details["loc"])
    kind, message = details["type"], details["msg"].rstrip(".")
    of_key = kind == "unknown_key"
    if of_key:
        path = (*path, str(details["ctx"]["key"]))
    if kind == "missing":
        path = (*path, str(details["loc"][-1]))
        message = "This is required"
    spot = file.spot(path, of_key=of_key)
    text, values = f"{message}.".replace("?.", "?"), details.get("ctx", {})
    known = _WORDS.get(kind)
    filled = {name: _plain(value) for name, value in values.items()} if known is not None else {}
    told = Saying.made(text, known or text, filled)
    return Problem(file.name, spot.line, spot.column, place(path), told, _fix(details))


def _fix(details: ErrorDetails) -> str:
    known = details.get("ctx", {})
    fix = _PATTERNS.get(str(known.get("pattern"))) or _FIXES.get(details["type"], _OTHERWISE)
    return Saying.made(fix.format_map(known), fix, known if "{" in fix else {})


def _plain(value: object) -> object:
    """Return a value of a refusal as what may be said: a text by its own words, a choice as its members alone."""
    if not isinstance(value, str):
        return value
    return Saying.made(value, value.replace(" or ", ", ") if value.startswith("'") else value, {})


def _known_path(file: YamlFile, loc: tuple[int | str, ...]) -> Path:
    """Keep what the file itself names: a location also holds the names of the alternatives that were tried."""
    path: Path = ()
    for part in loc:
        if (*path, part) in file.values:
            path = (*path, part)
    return path


def _without_echoes(problems: Iterable[Problem]) -> list[Problem]:
    """Keep one problem a spot: each alternative of a union reports its own."""
    first: dict[tuple[int, int, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.line, problem.column, problem.field), problem)
    return [first[spot] for spot in sorted(first)]


def _wrong_expression(file: YamlFile, path: Path, bad: BadExpression) -> Problem:
    spot = file.spot(path)
    where = saying(_IN_EXPRESSION, why=_of_engine(bad.message), line=bad.line, column=bad.column)
    return Problem(file.name, spot.line, spot.column, place(path), where, bad.fix or "")


def _of_engine(message: str) -> str:
    """Return what the engine of expressions says, with the names in it apart where we know its words."""
    for known, words in _ENGINE:
        if (found := known.match(message)) is not None:
            return Saying.made(message, words, found.groupdict())
    return message
