"""The language a page is answered in, and that both catalogues are whole."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from starlette.requests import Request

import api.pages
from api.pages.choices import local_path
from api.pages.languages import catalogues, language_of

PAGES = Path(next(iter(api.pages.__path__)))
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"extensions": "jinja2.ext.do", "silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def a_request(*, accepts: str = "", cookie: str | None = None) -> Request:
    headers = [(b"accept-language", accepts.encode())]
    if cookie is not None:
        headers.append((b"cookie", f"ringback_language={cookie}".encode()))
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("accepts", "language"),
    [("he-IL,he;q=0.9,en;q=0.8", "he"), ("iw", "he"), ("en-GB", "en"), ("fr,de", "en"), ("", "en"), (";;,x=\u00ff", "en")],
)
def test_the_browsers_language_is_answered_where_it_is_one_of_ours(accepts: str, language: str) -> None:
    assert language_of(a_request(accepts=accepts)) == language


def test_a_persons_own_language_comes_before_the_browsers() -> None:
    assert language_of(a_request(accepts="en"), "he") == "he"


def test_what_was_chosen_on_this_device_comes_first() -> None:
    assert language_of(a_request(accepts="he", cookie="en"), "he") == "en"


def test_a_cookie_that_names_no_language_of_ours_is_ignored() -> None:
    assert language_of(a_request(cookie="../../x"), "he") == "he"


def used() -> Iterator[str]:
    for _, _, message, _, _ in extract_from_dir(PAGES, METHODS, OPTIONS, KEYWORDS):
        yield message if isinstance(message, str) else message[0]


def translated() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in catalogues("he"):
        with path.open("rb") as file:
            for message in read_po(file, locale="he"):
                key = message.id if isinstance(message.id, str) else message.id[0]
                texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
                if key and all(texts):
                    found.setdefault(key, []).append(" | ".join(texts))
    return found


def test_every_text_of_the_pages_is_said_in_hebrew() -> None:
    assert sorted(set(used()) - translated().keys()) == []


def test_what_a_text_is_filled_with_is_the_same_in_both_languages() -> None:
    filled = re.compile(r"%\([a-z_]+\)s")

    assert [
        key
        for key, texts in translated().items()
        if any(set(filled.findall(text)) != set(filled.findall(key)) for text in texts)
    ] == []


def test_no_text_is_said_in_two_ways() -> None:
    assert {key: texts for key, texts in translated().items() if len(set(texts)) > 1} == {}


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example", "", "desk", "/a\nb", "/a\\b"])
def test_a_way_back_never_leads_to_another_site(path: str) -> None:
    assert local_path(path) == "/"


def test_a_way_back_within_this_site_is_kept() -> None:
    assert local_path("/console/customers?q=noa&page=2") == "/console/customers?q=noa&page=2"


def test_texts_are_marked_where_the_catalogue_finds_them() -> None:
    # `_(name)` with anything but a literal would never reach a translator.
    calls = [
        node for path in PAGES.rglob("*.py") for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
    ]
    marked = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "_"]

    assert marked
    assert [ast.unparse(call) for call in marked if not isinstance(call.args[0], ast.Constant)] == []
