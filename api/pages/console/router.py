"""The supervisor's console: the routers of its pages."""

from fastapi import APIRouter

from api.pages.console import audit, customers, held, now, orders, results, stream, switch, why

ROUTERS: tuple[APIRouter, ...] = (
    stream.router,
    switch.router,
    customers.router,
    why.router,
    results.router,
    audit.router,
    held.router,
    orders.router,
    now.router,
)
