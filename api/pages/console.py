"""The supervisor's console: the routers of its pages."""

from fastapi import APIRouter

from api.pages import console_customers, console_now, console_stream, console_switch

ROUTERS: tuple[APIRouter, ...] = (
    console_stream.router,
    console_switch.router,
    console_customers.router,
    console_now.router,
)
