"""The supervisor's console: the routers of its pages."""

from fastapi import APIRouter

from api.pages import console_audit, console_customers, console_now, console_results, console_stream, console_switch

ROUTERS: tuple[APIRouter, ...] = (
    console_stream.router,
    console_switch.router,
    console_customers.router,
    console_results.router,
    console_audit.router,
    console_now.router,
)
