"""What the domain says in English is said in Hebrew on pages: its words by the catalogue, its values as they are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import orchestrator.detection
from api.pages.languages import translations
from api.pages.sayings import in_language
from orchestrator.detection import rule_files
from orchestrator.detection.expressions import Yields
from orchestrator.detection.rule_files import BadRuleFile, read_rule
from orchestrator.detection.yaml_files import BadYaml
from orchestrator.intake.catalogue import EVENT_TYPES
from orchestrator.sayings import Saying, saying

HEBREW = translations("he")
DETECTION = Path(next(iter(orchestrator.detection.__path__)))
RULE = """
rule: r
moment: m
detect: {occurrence: {on: [{type: checkout.started, where: %s}]}}
steps: [{callback: {queue: q}}]
expires: 1d
"""


def hebrew(text: str) -> str:
    return str(in_language(text, HEBREW.gettext))


def constants(node: ast.AST, names: dict[str, str]) -> Iterator[str]:
    """The texts a call's argument may be: a literal, a name of the module, or a choice of these."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
        elif isinstance(each, ast.Name) and each.id in names:
            yield names[each.id]


def said() -> Iterator[str]:
    """Every text that a call of `saying` in detection fills, and every one of the document's own refusals."""
    for path in [*DETECTION.rglob("*.py")]:
        tree = ast.parse(path.read_text())
        names = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            if call.func.id == "saying":  # type: ignore[attr-defined]  # the generator asked for a name
                yield from constants(call.args[0], names)
            elif call.func.id == "PydanticCustomError":  # type: ignore[attr-defined]  # as above
                yield from constants(call.args[1], names)


def domain_texts() -> set[str]:
    kinds = {*rule_files._WORDS.values(), *rule_files._FIXES.values(), *(words for _, words in rule_files._ENGINE)}
    kinds |= {rule_files._OTHERWISE, *rule_files._PATTERNS.values()}
    types = {known.means for known in EVENT_TYPES.values()}
    types |= {field.means for known in EVENT_TYPES.values() for field in known.fields}
    shapes = {field.shape.words for known in EVENT_TYPES.values() for field in known.fields}
    shaped = {each.words if isinstance(each, Saying) else each for each in shapes}
    yields = {each.value[0] for each in Yields}
    return {*said(), *kinds, *types, *shaped, *yields} - {"{place}: {message}", "{facts}", "{words}."}


def test_everything_the_domain_says_of_rules_and_events_is_said_in_hebrew() -> None:
    texts = domain_texts()

    assert len(texts) > 100
    assert sorted(text for text in texts if HEBREW.gettext(text) == text) == []


def test_hebrew_is_filled_with_no_other_values_than_english() -> None:
    figures = re.compile(r"\{\w+\}")

    assert [t for t in domain_texts() if set(figures.findall(t)) != set(figures.findall(HEBREW.gettext(t)))] == []


def test_values_keep_their_own_direction_and_cannot_be_markup() -> None:
    told = saying("There is no queue {name}; until there is, its cases wait.", name="<b>sales</b>")

    assert told == "There is no queue <b>sales</b>; until there is, its cases wait."
    assert hebrew(told) == 'אין תור בשם <bdi dir="ltr">&lt;b&gt;sales&lt;/b&gt;</bdi>; עד שיהיה, הטיפולים שלו ימתינו.'


def test_a_saying_within_a_saying_is_said_in_the_same_language() -> None:
    told = saying("It must yield {wanted}.", wanted=saying("a number"))

    assert (str(told), hebrew(told)) == ("It must yield a number.", "עליו להחזיר מספר.")


def test_what_no_catalogue_knows_stands_as_it_is_and_in_its_own_direction() -> None:
    assert hebrew("Other {words} <b>") == '<bdi dir="ltr">Other {words} &lt;b&gt;</bdi>'


@pytest.mark.parametrize(
    "document",
    [
        RULE % "evnt.data.total > 2",
        RULE % "1 +",
        RULE % "1 + 2",
        RULE % "size(1) > 2",
        RULE % "true" + "priority: 200\nholdout: 120%\nzone: Mars\npurpose: selling\ngrace: soon\nworthy: 1\nresolve: 3",
        RULE % "true" + "split: {share: 100%, steps: []}",
        "rule: r\nmoment: m\ndetect: {absence: {start: [], until: []}}\nsteps: [{}]\nexpires: 0s\n",
        "- a\n",
        "rule: &a r\nmoment: *a\n",
        "rule: r\nrule: r\n",
        "rule: !x r\n",
        "rule: r\n---\nrule: r\n",
        "x" * 300_000,
    ],
)
def test_no_fault_of_a_document_is_told_in_english_to_who_reads_hebrew(document: str) -> None:
    with pytest.raises((BadRuleFile, BadYaml)) as caught:
        read_rule(document.encode(), name="r")
    refused = caught.value

    told = [(each.message, each.fix) for each in refused.problems] if isinstance(refused, BadRuleFile) else []
    told += [(refused.message, refused.fix or "")] if isinstance(refused, BadYaml) else []
    without_values = [re.sub(r"<bdi.*?</bdi>", "", hebrew(text)) for pair in told for text in pair]
    assert told
    for text in without_values:
        assert not set(re.findall("[A-Za-z]{2,}", text)) - KEYWORDS, text


KEYWORDS = {
    *("absence", "callback", "call", "detect", "due", "expires", "message", "moment", "occurrence", "rule", "score", "start"),
    *("steps", "touch", "within", "true", "false"),
    *("alias", "customer", "data", "double", "event", "id", "now", "source", "subject", "time", "type"),
    *("Asia", "CEL", "Jerusalem", "KB", "UTF", "YAML"),
}
