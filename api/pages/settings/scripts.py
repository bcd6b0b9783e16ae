"""Scripts on the console's settings: what a call says it is about and how agents open, in both languages side by side."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, RulesDep, Session, SettingsDep
from api.pages.console.now import Supervising, Watching
from api.pages.frame import fragment, page
from api.pages.people import ProtectedForm, Role, Viewer
from api.pages.settings.wording_samples import heard
from api.pages.settings.wording_words import LANGUAGES, said
from api.transactions import Repeatable
from orchestrator.errors import NoSuch
from orchestrator.escalations.words import Language
from orchestrator.wording import listing
from orchestrator.wording.changing import WordsRefused, restore_script, save_script
from orchestrator.wording.checking import LONGEST_ABOUT, LONGEST_OPENING, Faults, faults_of_name, faults_of_script, tidy
from orchestrator.wording.shipped import Script, Scripts

router = APIRouter(prefix="/console/settings/scripts", route_class=Repeatable)

Words = Annotated[str, Form(max_length=5000)]
_NO_WORDS = {language: Script("", "") for language in Language}


@router.get("")
async def show_scripts(request: Request, viewer: Watching, session: Session, rules: RulesDep) -> Response:
    return await _list(request, viewer, session, rules)


@router.post("", dependencies=[ProtectedForm])
async def name_script(
    request: Request, viewer: Supervising, session: Session, rules: RulesDep, name: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Lead to the page on which a script of that name gets its words."""
    if faults := faults_of_name(name.strip()):
        return await _list(request, viewer, session, rules, name=name, faults=faults)
    return RedirectResponse(f"{router.prefix}/{name.strip()}", 303)


@router.get("/{script}")
async def show_script(
    request: Request, script: str, viewer: Watching, session: Session, rules: RulesDep, settings: SettingsDep
) -> Response:
    entry = await _entry(session, rules, script)
    return _form(request, viewer, entry, entry.words or _NO_WORDS, organisation=settings.organisation)


@router.post("/{script}", dependencies=[ProtectedForm])
async def change_script(
    request: Request,
    script: str,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    rules: RulesDep,
    settings: SettingsDep,
    about_en: Words = "",
    about_he: Words = "",
    opening_en: Words = "",
    opening_he: Words = "",
    act: Annotated[str, Form(max_length=20)] = "save",
) -> Response:
    entry, typed = await _entry(session, rules, script), _typed(about_en, about_he, opening_en, opening_he)
    faults: Faults = {}
    try:
        if act == "save":
            await save_script(session, script, typed, who=viewer, now=await database.clock.now(session))
            return RedirectResponse(router.prefix, 303)
        faults = faults_of_script(_tidied(typed))
    except WordsRefused as refused:  # told beside the fields, with all that was typed
        faults = refused.faults
    return _form(request, viewer, entry, typed, organisation=settings.organisation, faults=faults)


@router.post("/{script}/preview", dependencies=[ProtectedForm])
async def preview_script(
    request: Request,
    script: str,
    viewer: Supervising,
    settings: SettingsDep,
    about_en: Words = "",
    about_he: Words = "",
    opening_en: Words = "",
    opening_he: Words = "",
) -> Response:
    """Answer with the preview alone, as the page asks for it while somebody types."""
    typed = _tidied(_typed(about_en, about_he, opening_en, opening_he))
    faults = said(request, viewer, faults_of_script(typed))
    shown = heard(typed, organisation=settings.organisation)
    return fragment(
        request, "settings/parts/script_preview.html", viewer=viewer, shown=shown, live=faults, languages_named=LANGUAGES
    )


@router.post("/{script}/restoration", dependencies=[ProtectedForm])
async def take_back(script: str, viewer: Supervising, session: Session, database: DatabaseDep) -> Response:
    await restore_script(session, script, who=viewer, now=await database.clock.now(session))
    return RedirectResponse(router.prefix, 303)


async def _list(
    request: Request, viewer: Viewer, session: Session, rules: RulesDep, *, name: str = "", faults: Faults | None = None
) -> Response:
    known = await listing.scripts(session, await rules.active(session))
    return page(
        request,
        "settings/scripts.html",
        viewer=viewer,
        status=422 if faults else 200,
        scripts=known,
        name=name,
        faults=said(request, viewer, faults or {}),
        may_change=viewer.may(Role.SUPERVISOR),
    )


def _form(
    request: Request,
    viewer: Viewer,
    entry: listing.ScriptEntry,
    typed: Scripts,
    *,
    organisation: str | None,
    faults: Faults | None = None,
) -> Response:
    given: dict[str, Any] = {
        "entry": entry,
        "typed": typed,
        "faults": said(request, viewer, faults or {}),
        "shown": heard(_tidied(typed), organisation=organisation),
        "live": {},
        "languages_named": LANGUAGES,
        "longest": (LONGEST_ABOUT, LONGEST_OPENING),
        "may_change": viewer.may(Role.SUPERVISOR),
    }
    return page(request, "settings/script.html", viewer=viewer, status=422 if faults else 200, **given)


async def _entry(session: Session, rules: RulesDep, name: str) -> listing.ScriptEntry:
    """Return the script of that name, also where it has no words yet. Raises `NoSuch` for what can be no name."""
    if faults_of_name(name):
        raise NoSuch("no script can have this name")
    known = await listing.scripts(session, await rules.active(session))
    blank = listing.ScriptEntry(name, words=None, changed_at=None, is_shipped=False, rules=())
    return next((entry for entry in known if entry.name == name), blank)


def _typed(about_en: str, about_he: str, opening_en: str, opening_he: str) -> Scripts:
    return {Language.ENGLISH: Script(about_en, opening_en), Language.HEBREW: Script(about_he, opening_he)}


def _tidied(words: Scripts) -> Scripts:
    return {each: Script(tidy(script.about), tidy(script.opening)) for each, script in words.items()}
