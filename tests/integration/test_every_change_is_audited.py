"""Whoever changes something leaves a line in the audit: every route for supervisors and admins, every command."""

import asyncio
import base64
import getpass
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlmodel import col, select
from typer.main import get_command
from typer.testing import CliRunner

from api.app import create_app
from api.dependencies import Admin, Supervisor
from api.routes.registry import ROUTERS
from orchestrator.cli.main import app as ringback
from orchestrator.identity.tables import ChangeRow, TokenRow
from orchestrator.identity.tokens import digest
from orchestrator.intake.tables import CustomerRow, DeadLetterRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_queue, a_task, a_token, an_agent, bearer, some_settings
from tests.integration.intake_world import COMPLAINT, World, a_channel_key, an_event, publish_rules

CALENDAR = 'calendar: weekdays\nzone: UTC\nweekly: {mon: ["09:00-17:00"]}\n'
_TODAY = datetime.now(UTC)
ICS = f"""BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:{_TODAY:%Y%m%d}
RRULE:FREQ=DAILY;COUNT=8
END:VEVENT
END:VCALENDAR
"""
RULE = """
rule: cart-left
title: {en: Cart left}
moment: incomplete_checkout
purpose: service
detect: {occurrence: {on: [{type: checkout.abandoned}]}}
steps: [{callback: {queue: sales, due: 30m}}]
expires: 24h
"""
BECAUSE = {"reason": "a test"}
TAG, NEW = {"If-Match": "*"}, {"If-None-Match": "*"}
SAID = {"given": True, "proof": "form 7", "source": "a test"}


@dataclass(frozen=True, slots=True)
class Caller:
    """A supervisor's program."""

    client: httpx.AsyncClient
    database: Database
    name: str
    headers: dict[str, str]

    async def call(self, method: str, path: str, body: Any = None, more: dict[str, str] | None = None) -> Any:
        answer = await self.client.request(method, path, json=body, headers=self.headers | (more or {}))
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
async def caller(database_url: str, database: Database) -> AsyncIterator[Caller]:
    async with database.transaction() as session:
        secret = await a_token(session)
        token = (await session.exec(select(TokenRow).where(TokenRow.token_hash == digest(secret)))).one()
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app), a_client(app) as client:
        yield Caller(client, database, token.name, bearer(secret))


async def lines(database: Database) -> list[ChangeRow]:
    async with database.transaction() as session:
        return list((await session.exec(select(ChangeRow).order_by(col(ChangeRow.id)))).all())


async def a_queued_task(by: Caller) -> tuple[UUID, UUID]:
    async with by.database.transaction() as session:
        await a_queue(session, "sales")
        task = await a_task(session, queue="sales")
        return task.id, task.escalation_id


async def put_queue(by: Caller) -> None:
    await by.call("PUT", "/v1/queues/sales", {"pace_per_minute": 3})


async def put_calendar(by: Caller) -> None:
    document = {"calendar": "weekdays", "zone": "UTC", "weekly": {"mon": ["09:00-17:00"]}}
    await by.call("PUT", "/v1/calendars/weekdays", document, NEW)


async def import_ics(by: Caller) -> None:
    await put_calendar(by)
    answer = await by.client.post("/v1/calendars/weekdays/ics", content=ICS, headers=by.headers | TAG)
    assert answer.is_success, answer.text


async def retire_calendar(by: Caller) -> None:
    await put_calendar(by)
    await by.call("DELETE", "/v1/calendars/weekdays", more=TAG)


async def close_calendar(by: Caller) -> str:
    await put_calendar(by)
    return str((await by.call("POST", "/v1/calendars/weekdays/closures", BECAUSE))["id"])


async def open_calendar(by: Caller) -> None:
    await by.call("DELETE", f"/v1/calendars/weekdays/closures/{await close_calendar(by)}")


async def put_shifts(by: Caller) -> None:
    async with by.database.transaction() as session:
        await a_queue(session, "sales")
        await an_agent(session, "dana")
    await by.call("PUT", "/v1/shifts/dana", {"shifts": "dana", "zone": "UTC", "weekly": {"mon": ["09:00-17:00"]}}, NEW)


async def remove_shifts(by: Caller) -> None:
    await put_shifts(by)
    await by.call("DELETE", "/v1/shifts/dana")


async def put_limits(by: Caller) -> None:
    await by.call("PUT", "/v1/limits", {"caps": [{"limit": 3, "within": "24h"}]}, TAG)


async def throw_switch(by: Caller) -> str:
    return str((await by.call("POST", "/v1/switches", {"scope": "everything"} | BECAUSE))["id"])


async def lift_switch(by: Caller) -> None:
    await by.call("DELETE", f"/v1/switches/{await throw_switch(by)}")


async def pause_rule(by: Caller) -> None:
    await publish_rules(by.database, RULE)
    await by.call("POST", "/v1/rules/cart-left/pause")


async def withdraw_cases(by: Caller) -> None:
    await publish_rules(by.database, COMPLAINT)
    await World.on(by.database).send(an_event())
    await by.call("POST", "/v1/rules/complaint/open-cases/withdrawal", BECAUSE)


async def resume_rule(by: Caller) -> None:
    await pause_rule(by)
    await by.call("POST", "/v1/rules/cart-left/resume")


async def retire_rule(by: Caller) -> None:
    await publish_rules(by.database, RULE)
    await by.call("POST", "/v1/rules/cart-left/retire")


async def save_rule(by: Caller) -> None:
    headers = by.headers | {"If-None-Match": "*"}
    answer = await by.client.put("/v1/rules/cart-left", content=RULE, headers=headers)
    assert answer.is_success, answer.text


async def publish_rule(by: Caller) -> None:
    await save_rule(by)
    await by.call("POST", "/v1/rules/cart-left/publish", {"confirm": True}, TAG)


async def shadow_rule(by: Caller) -> None:
    await save_rule(by)
    await by.call("POST", "/v1/rules/cart-left/shadow", {"confirm": True}, TAG)


async def stop_shadow(by: Caller) -> None:
    await publish_rules(by.database, RULE)
    answer = await by.client.put("/v1/rules/cart-left", content=RULE + "grace: 1m\n", headers=by.headers | TAG)
    assert answer.is_success, answer.text
    await by.call("POST", "/v1/rules/cart-left/shadow", {"confirm": True}, TAG)
    await by.call("POST", "/v1/rules/cart-left/shadow/stop")


async def approve_rule(by: Caller) -> None:
    await publish_rules(by.database, RULE)
    await by.call("POST", "/v1/rules/cart-left/approve", {}, TAG)


async def ask_backtest(by: Caller) -> str:
    await publish_rules(by.database, RULE)
    return str((await by.call("POST", "/v1/rules/cart-left/backtests", {"from": "2026-01-01T00:00:00Z"}))["id"])


async def call_off_backtest(by: Caller) -> None:
    await by.call("POST", f"/v1/rules/cart-left/backtests/{await ask_backtest(by)}/cancellation")


async def requeue_task(by: Caller) -> None:
    task_id, _ = await a_queued_task(by)
    await by.call("POST", f"/v1/tasks/{task_id}/requeue", BECAUSE)


async def withdraw_task(by: Caller) -> None:
    task_id, _ = await a_queued_task(by)
    await by.call("POST", f"/v1/tasks/{task_id}/withdraw", BECAUSE)


async def cancel_case(by: Caller) -> None:
    _, escalation_id = await a_queued_task(by)
    await by.call("POST", f"/v1/escalations/{escalation_id}/cancellation", BECAUSE)


async def replay_letter(by: Caller) -> None:
    key = await a_channel_key(by.database)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents+json"}
    await by.client.post("/v1/events", json=an_event(id=""), headers=headers)
    async with by.database.transaction() as session:
        letter = (await session.exec(select(DeadLetterRow.id))).one()
    await by.call("POST", f"/v1/dead-letters/{letter}/replay", {"event": an_event()})


Act = Callable[[Caller], Awaitable[Any]]


async def agree(by: Caller) -> None:
    await by.call("POST", f"/v1/customers/{await a_customer_of(by)}/consent", {**SAID, "purpose": "service"})


async def forbid(by: Caller) -> None:
    await by.call("POST", f"/v1/customers/{await a_customer_of(by)}/do-not-call", {"source": "a test"})


async def a_customer_of(by: Caller) -> UUID:
    async with by.database.transaction() as session:
        row = CustomerRow(subject="ann", attributes={}, created_at=datetime.now(UTC))
        session.add(row)
    return row.id


ROUTES: dict[tuple[str, str], tuple[Act, str]] = {
    ("PUT", "/v1/queues/{name}"): (put_queue, "queue.added"),
    ("PUT", "/v1/limits"): (put_limits, "limits.saved"),
    ("PUT", "/v1/calendars/{name}"): (put_calendar, "calendar.saved"),
    ("POST", "/v1/calendars/{name}/ics"): (import_ics, "calendar.saved"),
    ("DELETE", "/v1/calendars/{name}"): (retire_calendar, "calendar.retired"),
    ("POST", "/v1/calendars/{name}/closures"): (close_calendar, "calendar.closed"),
    ("DELETE", "/v1/calendars/{name}/closures/{closure_id}"): (open_calendar, "calendar.opened"),
    ("PUT", "/v1/shifts/{agent}"): (put_shifts, "shifts.saved"),
    ("DELETE", "/v1/shifts/{agent}"): (remove_shifts, "shifts.removed"),
    ("POST", "/v1/customers/{customer_id}/consent"): (agree, "consent.recorded"),
    ("POST", "/v1/customers/{customer_id}/do-not-call"): (forbid, "do_not_call.recorded"),
    ("POST", "/v1/switches"): (throw_switch, "switch.thrown"),
    ("DELETE", "/v1/switches/{switch_id}"): (lift_switch, "switch.lifted"),
    ("PUT", "/v1/rules/{name}"): (save_rule, "rule.drafted"),
    ("POST", "/v1/rules/{name}/publish"): (publish_rule, "rule.published"),
    ("POST", "/v1/rules/{name}/shadow"): (shadow_rule, "rule.shadowed"),
    ("POST", "/v1/rules/{name}/shadow/stop"): (stop_shadow, "rule.trial_stopped"),
    ("POST", "/v1/rules/{name}/approve"): (approve_rule, "rule.approved"),
    ("POST", "/v1/rules/{name}/pause"): (pause_rule, "rule.paused"),
    ("POST", "/v1/rules/{name}/open-cases/withdrawal"): (withdraw_cases, "escalation.cancel"),
    ("POST", "/v1/rules/{name}/resume"): (resume_rule, "rule.resumed"),
    ("POST", "/v1/rules/{name}/retire"): (retire_rule, "rule.retired"),
    ("POST", "/v1/rules/{name}/backtests"): (ask_backtest, "backtest.asked"),
    ("POST", "/v1/rules/{name}/backtests/{backtest_id}/cancellation"): (call_off_backtest, "backtest.cancelled"),
    ("POST", "/v1/tasks/{task_id}/requeue"): (requeue_task, "task.requeue"),
    ("POST", "/v1/tasks/{task_id}/withdraw"): (withdraw_task, "task.withdraw"),
    ("POST", "/v1/escalations/{escalation_id}/cancellation"): (cancel_case, "escalation.cancel"),
    ("POST", "/v1/dead-letters/{letter_id}/replay"): (replay_letter, "letter.replayed"),
}
# What is asked for is personal and so in no address, or a whole document.
READING = {("POST", "/v1/customers/lookup"), ("POST", "/v1/rules/lint")}


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)


def changing_routes() -> set[tuple[str, str]]:
    """Return every route that asks for a supervisor or an admin and is no GET."""
    watched = {kind.__metadata__[0].dependency for kind in (Supervisor, Admin)}  # type: ignore[attr-defined]  # Annotated's
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    guarded = [route for route in routes if watched & set(_calls(route.dependant))]
    return {(method, route.path) for route in guarded for method in (route.methods or set()) - {"GET", "HEAD"}}


def test_every_changing_route_is_listed_here() -> None:
    assert changing_routes() == ROUTES.keys() | READING


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
async def test_a_changing_route_leaves_its_line_with_the_tokens_name(caller: Caller, route: tuple[str, str]) -> None:
    act, what = ROUTES[route]

    await act(caller)

    line = (await lines(caller.database))[-1]
    assert (line.what, line.who) == (what, f"token:{caller.name}")
    assert line.before is not None or line.after is not None


async def test_what_is_arranged_anew_has_both_in_its_line(caller: Caller) -> None:
    await caller.call("PUT", "/v1/queues/sales", {"pace_per_minute": 3, "skills": ["law"]})
    await caller.call("PUT", "/v1/queues/sales", {"pace_per_minute": 4})

    line = (await lines(caller.database))[-1]
    assert line.what == "queue.changed"
    assert line.before is not None
    assert line.after is not None
    assert (line.before["skills"], line.before["pace_per_minute"]) == (["law"], 3)
    assert (line.after["skills"], line.after["pace_per_minute"]) == ([], 4)


# In this order: each stands on those before it. FOLDER holds the rule, FILE the calendar, SHIFTS a plan, ROTA a day off,
# LIST a registry's numbers, PRINTED is what the command before it printed.
COMMANDS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("calendar put", ("FILE",), "calendar.saved"),
    ("calendar import", ("ICS", "--calendar", "weekdays"), "calendar.saved"),
    ("calendar close", ("weekdays", "--reason", "a drill"), "calendar.closed"),
    ("calendar open", ("weekdays",), "calendar.opened"),
    ("calendar retire", ("weekdays",), "calendar.retired"),
    ("calendar put", ("FILE",), "calendar.saved"),
    ("limits put", ("LIMITS",), "limits.saved"),
    ("queue add", ("sales", "--calendar", "weekdays"), "queue.added"),
    ("switch throw", ("--queue", "sales", "--reason", "wrong prices"), "switch.thrown"),
    ("switch lift", ("PRINTED",), "switch.lifted"),
    ("agent add", ("dana", "--queue", "sales", "--language", "en"), "agent.added"),
    ("shifts put", ("SHIFTS",), "shifts.saved"),
    ("shifts import", ("ROTA",), "shifts.saved"),
    ("agent token", ("dana",), "token.issued"),
    ("agent revoke", ("dana",), "agent.revoked"),
    ("token add", ("ops",), "token.issued"),
    ("token revoke", ("ops",), "token.revoked"),
    ("channel add", ("web", "--kind", "web"), "channel.added"),
    ("channel revoke", ("web",), "channel.revoked"),
    ("channel add", ("courier", "--kind", "partner"), "channel.added"),
    ("channel level", ("courier", "--minutes", "10", "--percent", "95"), "channel.level_changed"),
    ("registry import", ("israel", "LIST", "--country", "IL", "--as-of", "2026-01-31"), "registry.imported"),
    ("rules publish", ("FOLDER",), "rule.published"),
    ("rules pause", ("cart-left",), "rule.paused"),
    ("rules resume", ("cart-left",), "rule.resumed"),
    ("rules pause", ("cart-left",), "rule.paused"),
    ("rules rollback", ("cart-left", "1"), "rule.published"),
    ("rules retire", ("cart-left",), "rule.retired"),
    ("person add", ("noa", "--name", "Noa", "--role", "auditor"), "person.added"),
    ("person password", ("noa",), "person.password_set"),
    ("person openid", ("noa",), "person.password_removed"),
    ("person forget-factor", ("noa",), "person.second_factor_removed"),
    ("person disable", ("noa",), "person.disabled"),
)
# They read, run a process, or take in what channels would send; none sets what the service does.
OTHERS = {
    *(
        "agent list",
        "api",
        "audit",
        "backtest",
        "calendar diff",
        "calendar export",
        "calendar list",
        "calendar show",
        "calendar versions",
        "carrier",
        "channel list",
        "codec decode",
        "demo",
        "doctor",
        "due",
        "events import",
        "limits show",
        "explain",
    ),
    *(
        "migrate",
        "person list",
        "queue list",
        "registry list",
        "rules compare",
        "rules diff",
        "rules export",
        "rules lint",
        "rules list",
        "rules test",
        "shifts show",
        "switch list",
        "rules withdraw",  # of cases there are none here: what it does is shown with its route above
        "up",
        "when",
        "worker",
    ),
}


def every_command() -> set[str]:
    group: Any = get_command(ringback)
    found: set[str] = set()
    for name in group.list_commands(None):
        within = getattr(group.get_command(None, name), "commands", None)
        found |= {name} if within is None else {f"{name} {each}" for each in within}
    return found


def test_every_command_is_sorted_here() -> None:
    assert every_command() == {words for words, _, _ in COMMANDS} | OTHERS


async def test_every_changing_command_leaves_its_line_with_the_users_name(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = a_place(tmp_path, database_url, monkeypatch)
    told: list[tuple[str, set[str], set[str]]] = []

    for words, arguments, _ in COMMANDS:
        before = len(await lines(database))
        places["PRINTED"] = await asyncio.to_thread(run, *words.split(), *(places.get(each, each) for each in arguments))
        new = (await lines(database))[before:]
        told.append((words, {line.what for line in new}, {line.who for line in new}))

    assert [words for (words, whats, _), (_, _, what) in zip(told, COMMANDS, strict=True) if what not in whats] == []
    assert {who for _, _, whos in told for who in whos} == {f"cli:{getpass.getuser()}"}


def a_place(folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Set the environment of commands, and write their files; return what stands for them above."""
    known = {
        "DATA": str(folder),
        "DATABASE_URL": database_url,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "token",
        "PAYLOAD_KEYS": f"a:{base64.b64encode(bytes(32)).decode()}",
        "OPENID_ISSUER": "https://accounts.example.com",
        "OPENID_CLIENT_ID": "ringback",
    }
    for name, value in known.items():
        monkeypatch.setenv(f"RINGBACK_{name}", value)
    rules, calendar = folder / "rules", folder / "weekdays.yaml"
    rules.mkdir()
    (rules / "cart-left.yaml").write_text(RULE)
    calendar.write_text(CALENDAR)
    shifts, rota = folder / "shifts.yaml", folder / "rota.csv"
    shifts.write_text('shifts: dana\nzone: UTC\nweekly: {mon: ["09:00-17:00"]}\n')
    rota.write_text("agent,date,from,to\ndana,2026-12-24,,\n")
    ics = folder / "closed.ics"
    ics.write_text(ICS)
    listed = folder / "list.txt"
    listed.write_text("+972527654321\nEND 1\n")
    limits = folder / "limits.yaml"
    limits.write_text("caps: [{limit: 3, within: 24h}]\n")
    paths = {"FOLDER": str(rules), "FILE": str(calendar), "SHIFTS": str(shifts), "ROTA": str(rota)}
    return {**paths, "ICS": str(ics), "LIMITS": str(limits), "LIST": str(listed)}


def run(*arguments: str) -> str:
    result = CliRunner().invoke(ringback, arguments)
    if result.exception is not None:
        raise result.exception
    return result.stdout.strip()
