"""The supervisor's console: the routers of its pages."""

from fastapi import APIRouter

from api.pages.console import audit, customers, held, now, orders, results, stream, switch

ROUTERS: tuple[APIRouter, ...] = (
    stream.router,
    switch.router,
    customers.router,
    results.router,
    audit.router,
    held.router,
    orders.router,
    now.router,
)
