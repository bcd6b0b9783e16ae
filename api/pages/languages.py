"""The languages pages speak: catalogues read from `.po` files at start, and which one a request is answered in.

Each `locale/<language>/LC_MESSAGES/*.po` is read, so every part of the pages may keep a catalogue of its own.
"""

import io
from functools import cache
from gettext import NullTranslations
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from starlette.requests import Request

LANGUAGES = {"en": "English", "he": "עברית"}
COOKIE = "ringback_language"
_DEFAULT = "en"
_FOLDER = Path(__file__).with_name("locale")


def catalogues(language: str) -> list[Path]:
    """Return the files that hold the texts of `language`, in order."""
    return sorted((_FOLDER / language / "LC_MESSAGES").glob("*.po"))


@cache
def translations(language: str) -> NullTranslations:
    """Return the texts of one of `LANGUAGES`; English is what the templates say themselves."""
    merged = Translations()
    for path in catalogues(language):
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language))
        compiled.seek(0)
        merged.merge(Translations(compiled))
    return merged


@cache
def locale_of(language: str) -> Locale:
    return Locale.parse(language)


def language_of(request: Request, preferred: str | None = None) -> str:
    """Return the language to answer in: chosen on this device, else the person's own, else the browser's."""
    for wanted in (request.cookies.get(COOKIE), preferred):
        if wanted in LANGUAGES:
            return wanted
    accepted = [part.split(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")]
    return negotiate_locale([tag.replace("-", "_").replace("iw", "he", 1) for tag in accepted], list(LANGUAGES)) or _DEFAULT
