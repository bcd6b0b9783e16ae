"""Every router of the pages. A new page is added here, and to `navigation.py` where the menu leads to it."""

from fastapi import APIRouter

from api.pages import (
    assets,
    choices,
    console,
    desk,
    desk_actions,
    me,
    oidc,
    second_factor,
    settings_agents,
    settings_channels,
    settings_queues,
    settings_scripts,
    settings_templates,
    sign_in,
    staff,
    staff_person,
)

PAGES: tuple[APIRouter, ...] = (
    assets.router,
    choices.router,
    sign_in.router,
    second_factor.router,
    oidc.router,
    me.router,
    staff.router,
    staff_person.router,
    settings_queues.router,
    settings_agents.router,
    settings_channels.router,
    settings_scripts.router,
    settings_templates.router,
    *console.ROUTERS,
    desk.router,
    desk_actions.router,
)
