"""Every router of the application, in the order of the documentation. A new resource is added here."""

from fastapi import APIRouter

from api.routes import health, metrics, telephony

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    metrics.router,
    telephony.router,
)
