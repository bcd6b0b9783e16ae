"""`ringback codec`: reads what Temporal stores of us, with the keys of this deployment."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.errors import BadInput
from orchestrator.settings import load
from workflows.decoding import read

codec = typer.Typer(no_args_is_help=True, add_completion=False, help="Read what Temporal stores of us.")


@codec.callback()
def _several() -> None:
    """Read what Temporal stores of us."""


@codec.command()
def decode(
    file: Annotated[Path | None, typer.Argument(help="JSON of a payload or a whole history; standard input without.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder; RINGBACK_DATA otherwise.")] = None,
) -> None:
    """Print the JSON with every payload in it decrypted, as `temporal workflow show --output json` gives it."""
    settings = load(data=data)
    keys = [(key.key_id, key.secret) for key in settings.payload_keyring]
    decoded = asyncio.run(read(keys, _document(file)))
    print(json.dumps(decoded, indent=2, ensure_ascii=False))


def _document(file: Path | None) -> object:
    name = str(file) if file is not None else "standard input"
    try:
        text = file.read_text(encoding="utf-8") if file is not None else sys.stdin.read()
        return json.loads(text)
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror}", field="file") from error
    except ValueError:
        raise BadInput(
            f"{name} is not JSON", field="file", fix="give the output of `temporal workflow show --output json`"
        ) from None
