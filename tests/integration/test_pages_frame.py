"""The frame of all pages: headers, assets, languages, themes, errors, and text that means harm."""

import gzip
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from api.app import create_app
from api.pages.assets import LIBRARIES, OWN, asset
from api.pages.frame import environment, fragment, page
from api.pages.headers import POLICY
from orchestrator.errors import Conflict
from tests.integration.floor import a_client, some_settings

BROWSER = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "en"}
HOSTILE = "<script>alert(1)</script>\" onload=x ' \u202egnirts\u202c {{ 7*7 }} " + "w" * 5000


def a_broken_page() -> None:
    raise ZeroDivisionError("noa@example.com")


def a_taken_page() -> None:
    raise Conflict("somebody had it")


async def an_empty_page(request: Request) -> HTMLResponse:
    return page(request, "error.html", heading="A page", text=HOSTILE, code="200", request_id=None)


async def a_part(request: Request) -> HTMLResponse:
    return fragment(request, "error.html", viewer=None, heading="A page", text="text", code="200", request_id=None)


@pytest.fixture
def app() -> FastAPI:
    app = create_app(some_settings("postgresql://nobody@localhost/nothing"))
    app.add_api_route("/t/broken", a_broken_page, response_model=None)
    app.add_api_route("/t/taken", a_taken_page, response_model=None)
    app.add_api_route("/t/page", an_empty_page)
    app.add_api_route("/t/part", a_part)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(app) as client:
        client.headers.update(BROWSER)
        yield client


@pytest.mark.parametrize("path", ["/t/page", "/nothing", "/t/broken", "/v1/nothing", "/assets/nothing.css"])
async def test_every_answer_has_the_strict_headers(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in answer.headers


async def test_the_policy_allows_nothing_inline_and_nobody_else() -> None:
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "frame-ancestors 'none'" in POLICY


async def test_over_https_browsers_are_told_to_stay_there() -> None:
    app = create_app(some_settings("postgresql://nobody@localhost/nothing").changed(public_url="https://ringback.example"))
    async with a_client(app) as client:
        answer = await client.get("/nothing")

    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("path", ["/t/broken", "/nothing"])
async def test_pages_hold_no_inline_script_or_style(client: httpx.AsyncClient, path: str) -> None:
    text = (await client.get(path)).text

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", text) == []


async def test_pages_are_kept_by_no_cache(client: httpx.AsyncClient) -> None:
    answer = await client.get("/t/page")

    assert answer.headers["cache-control"] == "no-store"
    assert "Cookie" in answer.headers["vary"]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("ringback.css", "text/css; charset=utf-8"),
        ("ringback.js", "text/javascript; charset=utf-8"),
        ("ringback.svg", "image/svg+xml"),
        ("htmx.min.js", "text/javascript; charset=utf-8"),
        ("hx-sse.min.js", "text/javascript; charset=utf-8"),
        ("heebo-hebrew-wght-normal.woff2", "font/woff2"),
    ],
)
async def test_an_asset_is_kept_for_ever_under_the_name_of_its_content(
    client: httpx.AsyncClient, name: str, media_type: str
) -> None:
    answer = await client.get(asset(name))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert re.search(r"\.[0-9a-f]{16}\.", asset(name))


async def test_an_asset_that_is_known_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get(asset("ringback.css"))

    again = await client.get(asset("ringback.css"), headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("name", ["ringback.css", "ringback.0000000000000000.css", "..%2fframe.py", ".ready"])
async def test_what_is_not_an_asset_of_this_version_is_not_there(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/assets/{name}")

    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("cache-control", "")


async def test_the_sheet_leads_to_fonts_that_are_there(client: httpx.AsyncClient) -> None:
    sheet = (await client.get(asset("ringback.css"))).text

    fonts = re.findall(r'url\("([^"]+)"\)', sheet)
    assert len(fonts) == 2
    assert [(await client.get(font)).status_code for font in fonts] == [200, 200]


async def test_what_every_page_loads_is_small() -> None:
    loaded = [*OWN.glob("*.css"), *OWN.glob("*.js"), *LIBRARIES.glob("*.js")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in loaded) < 40_000


async def test_hostile_text_is_shown_harmless(client: httpx.AsyncClient) -> None:
    text = (await client.get("/t/page")).text

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34; onload=x &#39; gnirts {{ 7*7 }} www" in text
    assert "\u202e" not in text


def test_what_a_translated_text_is_filled_with_is_made_harmless_too() -> None:
    shown = environment("en").from_string('{{ _("New offer: %(why)s", why=hostile) }}').render(hostile=HOSTILE)

    assert "<script" not in shown
    assert "\u202e" not in shown


async def test_hostile_text_stays_inside_an_attribute() -> None:
    shown = environment("en").from_string('{{ ui.field("note", "Note", value=hostile) }}').render(hostile=HOSTILE)

    assert 'value="&lt;script&gt;' in shown
    assert "&#34; onload=x" in shown


async def test_a_page_is_whole_for_a_browser_and_its_main_part_for_htmx(client: httpx.AsyncClient) -> None:
    whole = await client.get("/t/page")
    part = await client.get("/t/page", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    boosted = await client.get("/t/page", headers={"HX-Request": "true", "HX-Request-Type": "full"})
    restored = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-History-Restore-Request": "true"}

    assert whole.text.startswith("<!doctype html>")
    assert part.text.lstrip().startswith("<section")
    assert boosted.text.startswith("<!doctype html>")
    assert (await client.get("/t/page", headers=restored)).text.startswith("<!doctype html>")


async def test_a_fragment_never_has_the_frame(client: httpx.AsyncClient) -> None:
    assert "<html" not in (await client.get("/t/part")).text


async def test_hebrew_turns_the_page_and_its_words_around(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing", headers={"Accept-Language": "he-IL,he;q=0.9"})

    assert '<html lang="he" dir="rtl"' in answer.text
    assert answer.headers["content-language"] == "he"
    assert "אין כאן דבר" in answer.text


async def test_a_language_is_chosen_for_this_device(client: httpx.AsyncClient) -> None:
    answer = await client.post("/choices/language", data={"language": "he", "back": "/t/page?x=1"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/t/page?x=1")
    assert '<html lang="he" dir="rtl"' in (await client.get("/t/page")).text


async def test_a_theme_is_chosen_and_given_back_to_the_system(client: httpx.AsyncClient) -> None:
    await client.post("/choices/theme", data={"theme": "dark"})
    assert 'data-theme="dark"' in (await client.get("/t/page")).text

    await client.post("/choices/theme", data={"theme": "system"})
    assert " data-theme=" not in (await client.get("/t/page")).text


async def test_a_choice_leads_to_no_other_site(client: httpx.AsyncClient) -> None:
    answer = await client.post("/choices/theme", data={"theme": "dark", "back": "//evil.example"})

    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("path", "status", "heading"),
    [
        ("/nothing", 404, "There is nothing here"),
        ("/t/taken", 409, "Somebody was faster"),
        ("/t/broken", 500, "Something went wrong on our side"),
    ],
)
async def test_a_browser_gets_failures_as_pages(client: httpx.AsyncClient, path: str, status: int, heading: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert f"<h1>{heading}</h1>" in answer.text


async def test_a_failure_names_the_request_and_no_value(client: httpx.AsyncClient) -> None:
    answer = await client.get("/t/broken")

    assert answer.headers["x-request-id"] in answer.text
    assert "example.com" not in answer.text


async def test_a_choice_that_does_not_fit_is_refused_with_a_page_whoever_asks(client: httpx.AsyncClient) -> None:
    answer = await client.post("/choices/theme", data={"theme": "loud"}, headers={"Accept": "*/*"})

    assert answer.status_code == 422
    assert "Something in the form does not fit" in answer.text


@pytest.mark.parametrize(("path", "accept"), [("/nothing", "*/*"), ("/v1/nothing", "text/html")])
async def test_programs_get_problem_documents_as_before(client: httpx.AsyncClient, path: str, accept: str) -> None:
    answer = await client.get(path, headers={"Accept": accept})

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_pages_stand_in_no_public_schema(app: FastAPI) -> None:
    assert [path for path in app.openapi()["paths"] if path.startswith(("/assets", "/choices", "/desk", "/console"))] == []


async def test_the_apis_documentation_is_a_page_of_ours_under_the_strict_policy(client: httpx.AsyncClient) -> None:
    answer = await client.get("/docs")

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|(?:src|href)=\"(?:https?:)?//", answer.text) == []
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert [path for path in paths if f"<code>{path}</code>" not in answer.text] == []


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect"])
async def test_no_page_of_the_framework_is_served(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-security-policy"] == POLICY
