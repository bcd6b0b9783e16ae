"""`ringback carrier`: the carrier simulator."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from orchestrator import logs
from orchestrator.embedded.carrier.app import carrier_app
from orchestrator.embedded.carrier.config import Config
from orchestrator.embedded.carrier.door import Credentials
from orchestrator.embedded.carrier.server import serve
from orchestrator.errors import BadInput
from orchestrator.settings import load


def carrier(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")],
    host: Annotated[str, typer.Option(help="Address to listen on; `/_sim` asks nobody for credentials.")] = "127.0.0.1",
    account_sid: Annotated[
        str | None, typer.Option(envvar="RINGBACK_TWILIO_ACCOUNT_SID", help="The simulated account, AC….")
    ] = None,
    auth_token: Annotated[
        str | None, typer.Option(envvar="RINGBACK_TWILIO_AUTH_TOKEN", hidden=True)  # a command line is no secret
    ] = None,
    auth_token_file: Annotated[
        Path | None, typer.Option(help="File with the account's auth token; RINGBACK_TWILIO_AUTH_TOKEN otherwise.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0.01, max=1000, help="Simulated seconds per real second.")] = 1.0,
    sms_url: Annotated[str | None, typer.Option(help="Webhook for customers' messages, as a number has at Twilio.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Data folder that keeps account and token where they are not given.")
    ] = None,
    log_level: Annotated[str, typer.Option(envvar="RINGBACK_LOG_LEVEL", help="debug, info, warning or error.")] = "info",
) -> None:
    """Serve a carrier that speaks Twilio's REST API, TwiML and webhooks, with phones that behave by script."""
    token = auth_token if auth_token_file is None else _read(auth_token_file)
    logs.configure(level=log_level)
    config = Config(speed=speed, sms_url=sms_url)
    serve(carrier_app(_credentials(account_sid, token, data), config), host=host, port=port)


def _credentials(account_sid: str | None, token: str | None, data: Path | None) -> Credentials:
    if account_sid and token:
        return Credentials(account_sid, SecretStr(token))
    settings = load(data=data)
    return Credentials(account_sid or settings.twilio_account_sid, settings.twilio_auth_token)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}", field="--auth-token-file", fix="name a readable file") from error
