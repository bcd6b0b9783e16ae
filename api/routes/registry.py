"""Every router of the application, in the order of the documentation. A new resource is added here."""

from fastapi import APIRouter

from api.routes import (
    agents,
    backtests,
    calendars,
    codec,
    comparison,
    customers,
    dead_letters,
    escalations,
    event_types,
    events,
    explain,
    health,
    metrics,
    queues,
    rule_life,
    rules,
    stream,
    switches,
    tasks,
    telephony,
)

ROUTERS: tuple[APIRouter, ...] = (
    events.router,
    event_types.router,
    dead_letters.router,
    customers.router,
    explain.router,
    rule_life.router,
    rules.router,
    backtests.router,
    comparison.router,
    agents.router,
    tasks.router,
    escalations.router,
    queues.router,
    calendars.router,
    switches.router,
    stream.router,
    health.router,
    metrics.router,
    telephony.router,
    codec.router,
)
