"""A rule's document as a form: what it shows, and that each change of the form changes its own place alone."""

from fractions import Fraction
from pathlib import Path

import pytest

import orchestrator.detection
from orchestrator.detection.editing.changes import apply
from orchestrator.detection.editing.form import WAYS, Form
from orchestrator.detection.editing.posted import Posted
from orchestrator.detection.editing.reshaping import do
from orchestrator.detection.editing.typed_rows import TypedRow
from orchestrator.detection.rule_files import read_rule
from orchestrator.detection.yaml_files import Path as At

SHIPPED = Path(next(iter(orchestrator.detection.__path__))) / "shipped"
NAMES = sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def shipped(name: str) -> str:
    return (SHIPPED / f"{name}.yaml").read_text()


def fields_of(text: str) -> dict[str, str]:
    """Everything a form of this document sends when nobody touches it."""
    form, sent = Form.read(text), {}
    for path in form.file.values:
        dotted = ".".join(map(str, path))
        if not dotted or isinstance(form.at(path), dict | list):
            continue
        rows = form.rows(dotted) if path[-1] == "where" else None
        if rows is None:
            sent[f"f.{dotted}"] = form.text(dotted)
        for index, row in enumerate(rows or ()):
            sent |= row_fields(f"{dotted}.{index}", row)
    return {**sent, "way": form.way, "f.zone": "", "f.worth.value": form.text("worth.value")}


def row_fields(at: str, row: TypedRow) -> dict[str, str]:
    return {f"cf.{at}": row.field, f"cc.{at}": row.comparison, f"cv.{at}": row.value, f"cb.{at}": "1" if row.is_bare else ""}


def changed(text: str, **fields: str) -> str:
    return apply(text, Posted.of({**fields_of(text), **fields}), base=text)


def difference(before: str, after: str) -> tuple[list[str], list[str]]:
    old, new = before.splitlines(), after.splitlines()
    return [line.strip() for line in old if line not in new], [line.strip() for line in new if line not in old]


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_rule_that_nobody_changes_in_the_form_stays_the_very_same_text(name: str) -> None:
    assert changed(shipped(name)) == shipped(name)


RENEWAL, CHECKOUT = shipped("renewal-due"), shipped("incomplete-checkout")


@pytest.mark.parametrize(
    ("path", "typed", "old", "new"),
    [
        ("title.en", "Ends soon", "title: {en: Contract is about to end, he: ", "title: {en: Ends soon, he: "),
        ("moment", "ends_soon", "moment: renewal_due", "moment: ends_soon"),
        ("stage", "", "stage: loyalty", None),
        ("purpose", "service", "purpose: marketing", "purpose: service"),
        ("priority", "70", "priority: 40", "priority: 70"),
        ("holdout", "2.5%", "holdout: 5%", "holdout: 2.5%"),
        ("grace", "10m", None, "grace: 10m"),
        ("zone", "Asia/Jerusalem", None, "zone: Asia/Jerusalem"),
        ("worth.chance", "0.2", None, "worth: {chance: 0.2}"),
        ("detect.absence.due.before", "14d", "due: {at: event.data.ends_at, b", "due: {at: event.data.ends_at, before: 14d}"),
        ("detect.absence.key", "", 'key: "has(event.data.contract_id) ? event.data.contract_id : customer.id"', None),
        ("steps.1.message.template", "", "- message: {template: renewal}", '- message: {template: ""}'),
        ("steps.1.message.template", "later", "- message: {template: renewal}", "- message: {template: later}"),
        ("resolve.0.type", "contract.*", "resolve: [{type: contract.renewed}, ", "resolve: [{type: contract.*}, "),
    ],
)  # fmt: skip
def test_a_field_changes_its_own_place(path: str, typed: str, old: str | None, new: str | None) -> None:
    gone, come = difference(RENEWAL, changed(RENEWAL, **{f"f.{path}": typed}))

    assert [line.startswith(old or "") for line in gone] == [True] * (old is not None)
    assert [line.startswith(new or "") for line in come] == [True] * (new is not None)


def test_a_duration_is_a_number_and_a_unit() -> None:
    shorter = changed(CHECKOUT, **{"n.expires": "12", "u.expires": "h", "n.detect.absence.within": "soon"})

    assert difference(CHECKOUT, shorter) == (["within: 20m", "expires: 24h"], ["within: soon", "expires: 12h"])


def test_a_new_row_is_another_thing_that_has_to_be_so() -> None:
    at = "detect.absence.start.0.where.1"
    after = changed(CHECKOUT, **row_fields(at, TypedRow("customer.region", "one_of", "north, south")))

    condition = (
        'has(event.data.total) && event.data.total >= 300 && has(customer.region) && customer.region in ["north", "south"]'
    )
    assert read_rule(after.encode(), name="x").document.detect.absence is not None
    assert Form.read(after).text("detect.absence.start.0.where") == condition
    assert len(difference(CHECKOUT, after)[1]) == 1


def test_a_row_that_is_not_whole_yet_is_no_condition_yet() -> None:
    posted = Posted.of({**fields_of(CHECKOUT), **row_fields("detect.absence.start.0.where.1", TypedRow("customer."))})

    assert apply(CHECKOUT, posted, base=CHECKOUT) == CHECKOUT
    assert posted.unfinished["detect.absence.start.0.where"][1].field == "customer."


def test_without_its_rows_a_pattern_has_no_condition() -> None:
    emptied = changed(CHECKOUT, **row_fields("detect.absence.start.0.where.0", TypedRow("", "there")))

    assert difference(CHECKOUT, emptied)[1] == ["- {type: checkout.started}"]


def test_what_somebody_writes_in_the_yaml_meanwhile_stays_with_what_the_form_changes() -> None:
    meanwhile = CHECKOUT.replace("cooldown: 7d", "cooldown: 9d  # longer")

    after = apply(meanwhile, Posted.of({**fields_of(CHECKOUT), "f.priority": "51"}), base=CHECKOUT)

    assert after == meanwhile.replace("priority: 50", "priority: 51")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", WAYS)
def test_a_rule_that_detects_in_another_way_watches_the_same_events(name: str, kind: str) -> None:
    before = shipped(name)
    after = changed(before, way=kind)
    form = Form.read(after)

    assert form.way == kind
    read_rule(after.encode(), name="x")
    assert "\nsteps:\n" in after
    assert after.splitlines()[0] == before.splitlines()[0]


@pytest.mark.parametrize(
    ("typed", "written"), [("0.8", "0.8"), ("1", "1"), ("double(event.data.sure)", "double(event.data.sure)")]
)
def test_how_sure_a_rule_is_stands_as_a_number_before_the_steps(typed: str, written: str) -> None:
    after = changed(CHECKOUT, **{"f.confidence": typed})

    assert difference(CHECKOUT, after) == ([], [f"confidence: {written}"])
    assert (
        after.index("\nworth:" if "\nworth:" in after else "\nmoment:") < after.index("\nconfidence:") < after.index("\nsteps:")
    )
    assert changed(after, **{"f.confidence": ""}) == CHECKOUT


def test_a_deadline_is_a_time_or_a_date() -> None:
    by_date = changed(CHECKOUT, way="date")
    by_time = changed(RENEWAL, way="absence")

    assert Form.read(by_date).text("detect.absence.due.before") == "30d"
    assert read_rule(by_time.encode(), name="x").document.detect.absence is not None
    read_rule(by_date.encode(), name="x")


def test_a_step_of_another_kind_keeps_its_queue() -> None:
    after = changed(CHECKOUT, **{"step.0": "call"})

    assert difference(CHECKOUT, after)[1] == ["- call: {queue: sales, script: checkout}"]


@pytest.mark.parametrize(
    ("deed", "at", "count"),
    [
        ("add:steps", ("steps",), 4),
        ("remove:steps.1", ("steps",), 2),
        ("add:detect.absence.until", ("detect", "absence", "until"), 2),
        ("remove:resolve.0", ("resolve",), 0),
        ("remove:rule.0", ("steps",), 3),
        ("explode:steps", ("steps",), 3),
    ],
)
def test_rows_and_steps_are_added_and_removed(deed: str, at: At, count: int) -> None:
    found = Form.read(do(CHECKOUT, deed, queue="sales")).at(at)

    assert len(found if isinstance(found, list) else []) == count


def test_steps_change_places() -> None:
    lower = do(CHECKOUT, "down:steps.0")

    assert [Form.read(lower).step(f"steps.{index}") for index in range(3)] == ["call", "callback", "message"]
    assert do(lower, "up:steps.1") == CHECKOUT
    assert do(CHECKOUT, "up:steps.0") == CHECKOUT


def test_a_row_that_is_not_whole_yet_goes_with_its_pattern() -> None:
    at, row = "detect.absence.start.1.where", TypedRow("customer.")
    posted = Posted.of(row_fields(f"{at}.0", row))

    assert posted.unfinished_after("up:detect.absence.start.1") == {"detect.absence.start.0.where": (row,)}
    assert posted.unfinished_after("remove:detect.absence.start.0") == {"detect.absence.start.0.where": (row,)}
    assert posted.unfinished_after("remove:detect.absence.start.1") == {}
    assert posted.unfinished_after("add:detect.absence.start") == {at: (row,)}


def test_a_row_is_added_empty_and_taken_out_by_its_number() -> None:
    at = "detect.absence.start.1.where"
    one = Posted.of(row_fields(f"{at}.0", TypedRow("total", "there")))

    more = one.after(f"condition:{at}")
    less = more.after(f"no_condition:{at}.0")

    assert [len(each.rows[at]) for each in (one, more, less)] == [1, 2, 1]
    assert less.rows[at] == (TypedRow(),)


def test_a_second_plan_begins_with_the_same_steps_and_leaves_all_else_as_it_was() -> None:
    begun = do(CHECKOUT, "add:split")

    document = read_rule(begun.encode(), name="x").document
    assert document.split is not None
    assert (document.split.share, document.split.steps) == (Fraction(1, 2), document.steps)
    assert difference(CHECKOUT, begun)[0] == []
    assert begun.index("\nsteps:") < begun.index("\nsplit:\n  share: 50%\n  steps:\n    - ") < begun.index("\nexpires:")
    assert do(begun, "add:split") == begun
    assert do(begun, "remove:split") == CHECKOUT


def test_a_document_without_steps_has_none_to_begin_a_second_plan_with() -> None:
    assert do("rule: x\nsteps: []\n", "add:split") == "rule: x\nsteps: []\n"


def test_the_second_plans_steps_are_edited_as_the_first_ones_are_and_leave_them_alone() -> None:
    begun = do(CHECKOUT, "add:split")

    other = changed(begun, **{"split.step.0": "call", "f.split.share": "20%", "f.split.steps.2.message.template": "later"})
    longer = do(other, "add:split.steps", queue="sales")
    moved = do(do(longer, "up:split.steps.3"), "remove:split.steps.0")

    document, before = (read_rule(text.encode(), name="x").document for text in (moved, CHECKOUT))
    assert document.steps == before.steps
    assert document.split is not None
    assert document.split.share == Fraction(1, 5)
    form = Form.read(moved)
    kinds = [form.step(f"split.steps.{index}") for index in range(3)]
    assert kinds == ["call", "callback", "message"]
    assert form.text("split.steps.2.message.template") == "later"


def test_an_emptied_share_stays_to_be_filled_in() -> None:
    begun = do(CHECKOUT, "add:split")

    assert Form.read(changed(begun, **{"f.split.share": ""})).has("split.steps")
    assert "share" in str(Form.read(changed(begun, **{"f.split.share": ""})).at(("split",)))
