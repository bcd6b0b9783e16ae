"""Every router of the pages. A new page is added here, and to `navigation.py` where the menu leads to it."""

from fastapi import APIRouter

from api.pages import assets, choices, me, second_factor, sign_in

PAGES: tuple[APIRouter, ...] = (
    assets.router,
    choices.router,
    sign_in.router,
    second_factor.router,
    me.router,
)
