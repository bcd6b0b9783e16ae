"""Every router of the application, in the order of the documentation. A new resource is added here."""

from fastapi import APIRouter

from api.routes import agents, calendars, escalations, health, metrics, queues, stream, switches, tasks, telephony

ROUTERS: tuple[APIRouter, ...] = (
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
)
