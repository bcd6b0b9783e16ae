"""Rules as files: YAML 1.2, strictly, with line and column, and directories of them."""

from pathlib import Path

import jsonschema
import pytest

from orchestrator.detection.compiled import compile_rule
from orchestrator.detection.rule_files import BadRuleFile, read_rule, read_rules
from orchestrator.detection.rules import RuleDocument
from orchestrator.errors import BadInput

RULE = """\
rule: incomplete-checkout
title: {en: Checkout left unfinished, he: הקנייה לא הושלמה}
moment: incomplete_checkout
stage: purchase
purpose: marketing
detect:
  absence:
    start: [{type: checkout.started, where: "event.data.total >= 300"}]
    touch: [{type: checkout.updated}]
    until: [{type: checkout.completed}]
    within: 20m
    key: event.data.cart_id
resolve: [{type: checkout.completed}]
grace: 0s
priority: 50
worth: {value: event.data.total, chance: 0.25, call_cost: 18}
steps:
  - callback: {queue: sales, due: 30m, tell: sms, script: checkout}
  - call: {queue: sales, script: checkout, attempts: {max: 2, no_answer: 2h, busy: 10m, machine: 4h}}
  - message: {template: finish-link}
expires: 24h
cooldown: 7d
holdout: 5%
"""
LEAST = "rule: r\nmoment: m\ndetect: {occurrence: {on: [{type: x}]}}\nsteps: [{callback: {queue: q}}]\nexpires: 1h\n"


def test_the_rule_of_the_design_is_read() -> None:
    document = read_rule(RULE.encode(), name="r.yaml").document

    assert document.title_in("he") == "הקנייה לא הושלמה"
    assert document.steps[0].queue == "sales"
    assert (document.priority, str(document.holdout), document.zone) == (50, "1/20", "UTC")


def test_what_is_left_out_has_its_default() -> None:
    document = read_rule(LEAST.encode(), name="r.yaml").document

    assert document.title_in("he") == "r"
    told = document.model_dump(mode="json")
    assert {
        name: told[name] for name in ("stage", "purpose", "priority", "resolve", "grace", "cooldown", "holdout", "worth")
    } == {
        "stage": "service",
        "purpose": "service",
        "priority": 50,
        "resolve": [],
        "grace": "0s",
        "cooldown": None,
        "holdout": "0%",
        "worth": None,
    }


def test_on_is_a_word_and_no_boolean() -> None:
    rule = read_rule(LEAST.replace("{type: x}", "{type: no}").encode(), name="r.yaml")

    assert rule.document.detect.occurrence is not None
    assert rule.document.detect.occurrence.on[0].type == "no"


@pytest.mark.parametrize("name", ["rule", "moment", "detect", "steps", "expires"])
def test_what_is_required_is_named(name: str) -> None:
    lines = [line for line in LEAST.splitlines() if not line.startswith(f"{name}:")]

    with pytest.raises(BadInput) as bad:
        read_rule("\n".join(lines).encode(), name="r.yaml")
    assert bad.value.field == name


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "within: 20m",
            "wihin: 20m",
            "r.yaml:11:5: detect.absence.wihin: There is no key 'wihin' here. Did you mean 'within'?",
        ),
        ("absence:", "absance:", "r.yaml:7:3: detect.absance:"),
        ("expires: 24h", "expired: 24h", "Did you mean 'expires'?"),
        ("{queue: sales, due: 30m", "{que: sales, due: 30m", "r.yaml:18:16: steps[0].callback.que:"),
        (
            "event.data.total >= 300",
            "evnt.data.total >= 300",
            "r.yaml:8:45: detect.absence.start[0].where: undeclared reference",
        ),
        ("value: event.data.total", "value: event.data.total +", "r.yaml:16:16: worth.value:"),
        ("key: event.data.cart_id", "key: event.data.cart_id == ''", "r.yaml:12:10: detect.absence.key:"),
        ("within: 20m", "within: 0m", "r.yaml:11:13: detect.absence.within:"),
        ("within: 20m", "within: 1h30m", "detect.absence.within:"),
        ("within: 20m", "within: 020m", "detect.absence.within:"),
        ("within: 20m", "within: 20", "detect.absence.within:"),
        ("within: 20m", "within: 99999999d", "detect.absence.within:"),
        ("within: 20m", "within: 20m\n    due: {at: now}", "exactly one of within and due"),
        ("    within: 20m\n", "", "exactly one of within and due"),
        ("within: 20m", "due: {at: now}", "has no touch"),
        ("grace: 0s", "grace: 0m", "grace:"),
        ("priority: 50", "priority: 101", "priority:"),
        ("priority: 50", "priority: 5.5", "priority:"),
        ("priority: 50", "priority: true", "priority:"),
        ("holdout: 5%", "holdout: 101%", "holdout:"),
        ("holdout: 5%", "holdout: 5", "holdout:"),
        ("chance: 0.25", "chance: 1.5", "worth.chance:"),
        ("purpose: marketing", "purpose: sales", "purpose:"),
        ("tell: sms", "tell: fax", "steps[0].callback.tell:"),
        ("rule: incomplete-checkout", "rule: Incomplete", "r.yaml:1:7: rule:"),
        ("cooldown: 7d", "zone: Mars/Olympus", "zone:"),
        ("cooldown: 7d", "cooldown: 7d\ncooldown: 8d", "r.yaml:23:1: The key 'cooldown' stands twice."),
        ("stage: purchase", "stage: &s purchase\nx: *s", "Aliases are not read."),
        ("- message: {template: finish-link}", "- {}", "exactly one of callback, call, message"),
        ("grace: 0s", "grace: 0s\n---\n", "second document"),
    ],
)
def test_an_error_names_the_place_the_field_and_the_fix(old: str, new: str, told: str) -> None:
    assert old in RULE

    with pytest.raises(BadInput) as bad:
        read_rule(RULE.replace(old, new, 1).encode(), name="r.yaml")
    assert str(bad.value).startswith("r.yaml:")
    assert told in str(bad.value)
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize("text", ["", "- a", "5", "rule: [", "a: b: c", "%YAML 1.1\n---\nrule: r"])
def test_what_is_no_rule_at_all_is_told_in_one_line(text: str) -> None:
    with pytest.raises(BadInput) as bad:
        read_rule(text.encode(), name="r.yaml")
    assert "\n" not in str(bad.value)


def test_a_file_has_at_most_256_kilobytes() -> None:
    padding = b"#" * (256 * 1024 - len(LEAST))

    read_rule(LEAST.encode() + padding, name="r.yaml")
    with pytest.raises(BadInput):
        read_rule(LEAST.encode() + padding + b"#", name="r.yaml")


def test_a_document_goes_through_json_unchanged() -> None:
    rule = read_rule(RULE.encode(), name="r.yaml")
    told = rule.document.model_dump(mode="json")

    assert RuleDocument.model_validate(told) == rule.document
    assert compile_rule(RuleDocument.model_validate(told)).worth is not None


def test_editors_get_a_json_schema_that_takes_the_rule() -> None:
    document = read_rule(RULE.encode(), name="r.yaml").document.model_dump(mode="json", exclude_unset=True)

    jsonschema.validate(document, RuleDocument.model_json_schema())


def test_a_directory_holds_one_rule_a_file_of_both_endings(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "x.yaml").write_text("not: a rule")
    (tmp_path / "notes.txt").write_text("not a rule")
    (tmp_path / "b.yaml").write_text(LEAST)
    (tmp_path / "a.yml").write_text(LEAST.replace("rule: r", "rule: z"))

    assert [rule.name for rule in read_rules(tmp_path)] == ["r", "z"]


def test_two_files_of_one_rule_are_both_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(LEAST)
    (tmp_path / "b.yml").write_text(LEAST)

    with pytest.raises(BadInput) as bad:
        read_rules(tmp_path)
    assert "a.yaml" in str(bad.value)
    assert "b.yml" in str(bad.value)


def test_a_directory_without_rules_or_that_is_none_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_rules(tmp_path)
    with pytest.raises(BadInput):
        read_rules(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("before", "after", "fix"),
    [
        ("{type: x}", f"{{type: x, where: '{'a' * 2001}'}}", "Write at most 2000 characters."),
        ("{type: x}", "{type: x, where: ''}", "Write something, or leave it out."),
        ("[{type: x}]", "[]", "Name at least 1."),
        ("rule: r", "rule: My rule", "Use 1 to 64 small letters, digits and hyphens."),
        ("queue: q", "queue: my queue", "Use letters, digits, dots, hyphens and underscores, without spaces."),
        ("queue: q", "queue: q, attempts: {max: 0}", "Write a number from 1 on."),
        ("expires: 1h", "expires: 1h\npriority: 101", "Write a number up to 100."),
        ("expires: 1h", "expires: 1h\npurpose: fun", "Write one of them."),
        ("expires: 1h", "expires: 1h\nzone: Mars/North", "Name a zone of the IANA list."),
        ("callback: {queue: q}", "callback: {queue: q}, message: {template: t}", "Keep exactly one of them."),
        ("expires: 1h", "expires: 0s", "Write one that fits."),
    ],
)
def test_whatever_does_not_fit_has_a_fix(before: str, after: str, fix: str) -> None:
    with pytest.raises(BadRuleFile) as bad:
        read_rule(LEAST.replace(before, after).encode(), name="r.yaml")

    assert [problem.fix for problem in bad.value.problems] == [fix]
