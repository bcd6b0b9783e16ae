"""What pages load: our own sheet and script and the libraries from npm, under names that change with their content."""

import mimetypes
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import Response

PREFIX = "/assets/"
OWN = Path(__file__).with_name("static")
LIBRARIES = Path(__file__).with_name("libraries")  # filled by `make assets` from the npm packages, never committed
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".woff2": "font/woff2"}
_FOREVER = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file in memory; `address` holds a hash of its content, so a copy of it is good for ever."""

    address: str
    content: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, path: Path, content: bytes) -> "Asset":
        digest = sha256(content).hexdigest()[:16]
        media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return cls(f"{PREFIX}{path.stem}.{digest}{path.suffix}", content, media_type, f'"{digest}"')


def _read(*folders: Path) -> dict[str, Asset]:
    files = [path for folder in folders if folder.is_dir() for path in sorted(folder.glob("[!.]*"))]
    plain = {path.name: Asset.of(path, path.read_bytes()) for path in files if path.suffix != ".css"}
    sheets = {path.name: Asset.of(path, _led(path.read_bytes(), plain)) for path in files if path.suffix == ".css"}
    return plain | sheets


def _led(sheet: bytes, assets: dict[str, Asset]) -> bytes:
    """Return the sheet with the addresses of the files it names; what is not installed it does without."""
    return re.sub(rb'url\("([\w.-]+)"\)', lambda named: _address(named[1].decode(), assets), sheet)


def _address(name: str, assets: dict[str, Asset]) -> bytes:
    return f'url("{assets[name].address}")'.encode() if name in assets else b'local("")'


_BY_NAME = _read(LIBRARIES, OWN)
_BY_ADDRESS = {asset.address: asset for asset in _BY_NAME.values()}


def asset(name: str) -> str:
    """Return the address of the file `name`, such as `ringback.css`. Raises `KeyError` where there is none."""
    return _BY_NAME[name].address


def available(*names: str) -> list[str]:
    """Return the addresses of those of `names` that are installed: pages work without a library, if less well."""
    return [_BY_NAME[name].address for name in names if name in _BY_NAME]


@router.get(PREFIX + "{name}", name="asset")
async def serve(name: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Serve one file; 404 for a name whose hash is not of this version."""
    found = _BY_ADDRESS.get(PREFIX + name)
    if found is None:
        raise HTTPException(404)
    headers = {"Cache-Control": _FOREVER, "ETag": found.etag}
    if if_none_match == found.etag:
        return Response(status_code=304, headers=headers)
    return Response(found.content, headers=headers, media_type=found.media_type)
