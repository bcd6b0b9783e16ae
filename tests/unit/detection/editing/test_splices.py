"""Changes of a document's text: each changes its own place, and nothing else."""

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import orchestrator.detection
from orchestrator.detection.editing.fields import ORDER
from orchestrator.detection.editing.splices import NotEditable, drop, move, put
from orchestrator.detection.yaml_files import read_yaml

SHIPPED = sorted((Path(next(iter(orchestrator.detection.__path__))) / "shipped").glob("*.yaml"))
BLOCKS = """# What this is for.
rule: x   # its name
title: {en: One, he: }
detect:
  score:
    # these count
    events:
      - {type: a}   # first
      # the second is rare
      - type: b
        where: "has(event.data.x)"  # quoted
        weight: 2
      -   type: c
    within: 3d
    threshold: 3

priority:   # to be decided
steps:
- callback: {queue: sales,  due: 2h}
- message:
    template: m
expires: >
  2d
"""
DOCUMENTS = [*(path.read_text() for path in SHIPPED), BLOCKS]


def value(text: str) -> Any:
    return read_yaml(text.encode(), name="x").value


def paths(tree: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [at, *(path for key, each in inner for path in paths(each, (*at, key)))]


def inside(tree: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        tree = tree[part]
    return tree


def comments(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith("#")]


documents = st.sampled_from(DOCUMENTS)
new_values: st.SearchStrategy[Any] = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=15),
    st.sampled_from(["a, b", "a: b", "x # y", "- x", "[x", "it's", 'say "hi"', "yes", "2026-01-01", "1e3", "null", "שלום"]),
    st.sampled_from(["&a", "*a", "!t", "%x", "@", "`", "? x", ": y", "a:", "---", "...", "|", ">-", "<<", "~", "0x1F"]),
    st.integers(-9, 9),
    st.booleans(),
    st.just({"type": "n", "where": 'event.data.x == "y"'}),
)


@settings(deadline=None)
@given(documents, st.data())
def test_a_value_that_is_set_is_there_and_all_else_is_as_it_was(document: str, data: st.DataObject) -> None:
    before = value(document)
    leaves = [path for path in paths(before) if path and not isinstance(inside(before, path), dict | list)]
    path, new = data.draw(st.sampled_from(leaves)), data.draw(new_values)

    after = put(document, path, new)

    inside(before, path[:-1])[path[-1]] = new
    assert value(after) == before
    assert comments(after) == comments(document)


@settings(deadline=None)
@given(documents, st.data())
def test_what_is_taken_out_is_gone_and_all_else_is_as_it_was(document: str, data: st.DataObject) -> None:
    before = value(document)
    path = data.draw(st.sampled_from([path for path in paths(before) if path]))
    while len(path) > 1 and len(inside(before, path[:-1])) == 1:
        path = path[:-1]

    after = drop(document, path)

    del inside(before, path[:-1])[path[-1]]
    assert value(after) == before
    assert set(comments(document)) - set(comments(after)) <= {"# these count", "# the second is rare"}


@settings(deadline=None)
@given(documents, st.data())
def test_what_is_added_is_there_in_its_order_and_all_else_is_as_it_was(document: str, data: st.DataObject) -> None:
    before = value(document)
    path = data.draw(st.sampled_from([path for path in paths(before) if isinstance(inside(before, path), dict | list)]))
    holder, new = inside(before, path), data.draw(new_values)
    key = len(holder) if isinstance(holder, list) else data.draw(st.sampled_from([key for key in ORDER if key not in holder]))

    after = put(document, (*path, key), new, order=ORDER)

    if isinstance(holder, list):
        holder.append(new)
    else:
        holder[key] = new
        known = [each for each in inside(value(after), path) if each in ORDER]
        was_in_order = [each for each in known if each != key] == sorted((k for k in known if k != key), key=ORDER.index)
        assert not was_in_order or known == sorted(known, key=ORDER.index)
    assert value(after) == before
    assert comments(after) == comments(document)


@settings(deadline=None)
@given(documents, st.data())
def test_what_is_moved_changes_places_and_back_again(document: str, data: st.DataObject) -> None:
    before = copy.deepcopy(value(document))
    lists = [path for path in paths(before) if isinstance(inside(before, path), list) and len(inside(before, path)) > 1]
    if not lists:
        return
    path = data.draw(st.sampled_from(lists))
    items = inside(before, path)
    index = data.draw(st.integers(0, len(items) - 2))

    after = move(document, (*path, index), 1)

    items[index], items[index + 1] = items[index + 1], items[index]
    assert value(after) == before
    assert comments(after) == comments(document)
    assert value(move(after, (*path, index + 1), -1)) == value(document)


@pytest.mark.parametrize(
    ("path", "new", "line"),
    [
        (("steps", 0, "callback", "due"), "3h", "- callback: {queue: sales,  due: 3h}"),
        (("steps", 0, "callback", "attempts", "max"), 2, "- callback: {queue: sales,  due: 2h, attempts: {max: 2}}"),
        (("title", "he"), "אחד", "title: {en: One, he: אחד}"),
        (("priority",), 60, "priority: 60   # to be decided"),
        (("detect", "score", "events", 0, "where"), "event.data.x > 1", "      - {type: a, where: event.data.x > 1}   # first"),
        (("detect", "score", "events", 1, "where"), "!x", '        where: "!x"  # quoted'),
        (("detect", "score", "events", 3), {"type": "d"}, "      - {type: d}"),
        (("detect", "score", "key"), "event.data.x", "    key: event.data.x"),
        (("worth", "chance"), 0.5, "worth: {chance: 0.5}"),
    ],
)
def test_one_change_is_one_line(path: tuple[Any, ...], new: Any, line: str) -> None:
    before, after = BLOCKS.splitlines(), put(BLOCKS, path, new, order=ORDER).splitlines()

    assert [each for each in after if each not in before] == [line]
    assert len([each for each in before if each not in after]) + len(after) - len(before) == 1


def test_a_place_below_a_plain_value_cannot_be_set() -> None:
    with pytest.raises(NotEditable):
        put("detect: 5\n", ("detect", "absence", "within"), "2h")
