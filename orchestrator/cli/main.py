"""`ringback`: the table of its commands, and how their failures are told.

A command's module is imported only when that command runs: `ringback worker` need not wait for the API's imports.
"""

import gc
import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from orchestrator.errors import BadInput, Conflict, OrchestratorError

# Name → module and the function (or the Typer of several functions) in it.
COMMANDS = {
    "shifts": "orchestrator.cli.shifts:shifts",
    "token": "orchestrator.cli.token:token",
    "queue": "orchestrator.cli.queue:queue",
    "calendar": "orchestrator.cli.calendar:calendar",
    "agent": "orchestrator.cli.agent:agent",
    "person": "orchestrator.cli.person:person",
    "audit": "orchestrator.cli.audit:audit_command",
    "backtest": "orchestrator.cli.backtest:backtest",
    "demo": "orchestrator.cli.demo:demo",
    "api": "orchestrator.cli.api:api",
    "channel": "orchestrator.cli.channel:channel",
    "limits": "orchestrator.cli.limits:limits",
    "explain": "orchestrator.cli.explain:explain",
    "events": "orchestrator.cli.events:events",
    "registry": "orchestrator.cli.registry:registry",
    "rules": "orchestrator.cli.rules:rules",
    "codec": "orchestrator.cli.codec:codec",
    "carrier": "orchestrator.cli.carrier:carrier",
    "doctor": "orchestrator.cli.doctor:doctor",
    "migrate": "orchestrator.cli.migrate:migrate",
    "switch": "orchestrator.cli.switch:switch",
    "due": "orchestrator.cli.due:due",
    "up": "orchestrator.cli.up:up",
    "worker": "orchestrator.cli.worker:worker",
    "when": "orchestrator.cli.when:when",
}


class Commands(TyperGroup):
    """The commands of the table, each imported when it is asked for."""

    def list_commands(self, ctx: object) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str):  # type: ignore[no-untyped-def]  # typer's own click has no public types
        if cmd_name not in COMMANDS:
            return None
        target = _loaded(*COMMANDS[cmd_name].split(":"))
        if isinstance(target, typer.Typer):
            group = get_command(target)
            group.name = cmd_name  # by which help lists it
            return group
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(target)
        return get_command(alone)


def _loaded(module: str, attribute: str) -> Any:
    """Import what a command needs. A thousand modules that stay for good are no garbage: nobody need look through them."""
    gc.disable()
    target = getattr(import_module(module), attribute)
    gc.freeze()
    gc.enable()
    return target


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, help="Ringback: calls that are kept.")


@app.callback()
def _root() -> None:
    pass


def main() -> None:
    """Run a command. A failure of ours is one line, with its fix; exit code 2 where the caller can mend it, else 1."""
    try:
        app()
    except BadInput as error:
        sys.exit(_tell(error, error.fix, code=2))
    except Conflict as error:
        sys.exit(_tell(error, error.fix, code=1))
    except OrchestratorError as error:
        sys.exit(_tell(error, None, code=1))


def _tell(error: OrchestratorError, fix: str | None, *, code: int) -> int:
    field = f"{error.field}: " if isinstance(error, BadInput) and error.field and error.field not in str(error) else ""
    print(f"ringback: {field}{error}{f' ({fix})' if fix and fix not in str(error) else ''}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
