"""Messages and promises on the console's settings: their words in both languages side by side, as they will be read."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, RulesDep, Session, SettingsDep
from api.pages.console.now import Supervising, Watching
from api.pages.frame import fragment, page
from api.pages.people import ProtectedForm, Role, Viewer
from api.pages.settings.wording_samples import read
from api.pages.settings.wording_words import KINDS, LANGUAGES, PURPOSES, said
from api.transactions import Repeatable
from orchestrator.errors import NoSuch
from orchestrator.escalations.words import Language
from orchestrator.wording import listing
from orchestrator.wording.changing import WordsRefused, restore_template, save_template
from orchestrator.wording.checking import LONGEST_BODY, Faults, faults_of_name, faults_of_template, tidy
from orchestrator.wording.shipped import Bodies, kind_of, places_of

router = APIRouter(prefix="/console/settings/templates", route_class=Repeatable)

Words = Annotated[str, Form(max_length=5000)]
_NO_WORDS = dict.fromkeys(Language, "")


@router.get("")
async def show_templates(
    request: Request, viewer: Watching, session: Session, rules: RulesDep, settings: SettingsDep
) -> Response:
    return _list(request, viewer, await _all(session, rules), settings.organisation)


@router.post("", dependencies=[ProtectedForm])
async def name_template(
    request: Request,
    viewer: Supervising,
    session: Session,
    rules: RulesDep,
    settings: SettingsDep,
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Lead to the page on which a template of that name gets its words."""
    if faults := faults_of_name(name.strip()):
        return _list(request, viewer, await _all(session, rules), settings.organisation, name=name, faults=faults)
    return RedirectResponse(f"{router.prefix}/{name.strip()}", 303)


@router.get("/{template}")
async def show_template(
    request: Request, template: str, viewer: Watching, session: Session, rules: RulesDep, settings: SettingsDep
) -> Response:
    entry = await _entry(session, rules, template)
    return _form(request, viewer, entry, entry.words or _NO_WORDS, organisation=settings.organisation)


@router.post("/{template}", dependencies=[ProtectedForm])
async def change_template(
    request: Request,
    template: str,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    rules: RulesDep,
    settings: SettingsDep,
    body_en: Words = "",
    body_he: Words = "",
    act: Annotated[str, Form(max_length=20)] = "save",
) -> Response:
    entry, typed = await _entry(session, rules, template), _typed(body_en, body_he)
    faults: Faults = {}
    try:
        if act == "save":
            await save_template(session, template, typed, who=viewer, now=await database.clock.now(session))
            return RedirectResponse(router.prefix, 303)
        faults = faults_of_template(template, _tidied(typed))
    except WordsRefused as refused:  # told beside the fields, with all that was typed
        faults = refused.faults
    return _form(request, viewer, entry, typed, organisation=settings.organisation, faults=faults)


@router.post("/{template}/preview", dependencies=[ProtectedForm])
async def preview_template(
    request: Request, template: str, viewer: Supervising, settings: SettingsDep, body_en: Words = "", body_he: Words = ""
) -> Response:
    """Answer with the preview alone, as the page asks for it while somebody types."""
    typed = _tidied(_typed(body_en, body_he))
    faults = said(request, viewer, faults_of_template(template, typed))
    shown = read(typed, kind_of(template), organisation=settings.organisation)
    return fragment(
        request, "settings/parts/template_preview.html", viewer=viewer, shown=shown, live=faults, languages_named=LANGUAGES
    )


@router.post("/{template}/restoration", dependencies=[ProtectedForm])
async def take_back(template: str, viewer: Supervising, session: Session, database: DatabaseDep) -> Response:
    await restore_template(session, template, who=viewer, now=await database.clock.now(session))
    return RedirectResponse(router.prefix, 303)


def _list(
    request: Request,
    viewer: Viewer,
    known: list[listing.TemplateEntry],
    organisation: str | None,
    *,
    name: str = "",
    faults: Faults | None = None,
) -> Response:
    read_as = {entry.name: read(entry.words or {}, entry.kind, organisation=organisation) for entry in known}
    return page(
        request,
        "settings/templates.html",
        viewer=viewer,
        status=422 if faults else 200,
        templates=known,
        parts={of: [each for each in words if each.parts is not None] for of, words in read_as.items()},
        languages_named=LANGUAGES,
        name=name,
        faults=said(request, viewer, faults or {}),
        purposes=PURPOSES,
        kinds=KINDS,
        may_change=viewer.may(Role.SUPERVISOR),
    )


def _form(
    request: Request,
    viewer: Viewer,
    entry: listing.TemplateEntry,
    typed: Bodies,
    *,
    organisation: str | None,
    faults: Faults | None = None,
) -> Response:
    given: dict[str, Any] = {
        "entry": entry,
        "typed": typed,
        "faults": said(request, viewer, faults or {}),
        "shown": read(_tidied(typed), entry.kind, organisation=organisation),
        "live": {},
        "languages_named": LANGUAGES,
        "purpose": PURPOSES.get(entry.name),
        "places": " ".join(f"{{{place}}}" for place in sorted(places_of(entry.kind), reverse=True)),
        "longest": LONGEST_BODY,
        "may_change": viewer.may(Role.SUPERVISOR),
    }
    return page(request, "settings/template.html", viewer=viewer, status=422 if faults else 200, **given)


async def _entry(session: Session, rules: RulesDep, name: str) -> listing.TemplateEntry:
    """Return the template of that name, also where it has no words yet. Raises `NoSuch` for what can be no name."""
    if faults_of_name(name):
        raise NoSuch("no template can have this name")
    known = await _all(session, rules)
    blank = listing.TemplateEntry(name, kind_of(name), words=None, changed_at=None, is_shipped=False, rules=())
    return next((entry for entry in known if entry.name == name), blank)


async def _all(session: Session, rules: RulesDep) -> list[listing.TemplateEntry]:
    return await listing.templates(session, await rules.active(session))


def _typed(body_en: str, body_he: str) -> Bodies:
    return {Language.ENGLISH: body_en, Language.HEBREW: body_he}


def _tidied(words: Bodies) -> Bodies:
    return {each: tidy(body) for each, body in words.items()}
