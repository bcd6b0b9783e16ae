"""Every router of the pages. A new page is added here, and to `navigation.py` where the menu leads to it."""

from fastapi import APIRouter

from api.pages import assets, choices, me, sign_in

PAGES: tuple[APIRouter, ...] = (
    assets.router,
    choices.router,
    sign_in.router,
    me.router,
)
