"""The way in as endpoints are given it: who reports, and where events go."""

from typing import Annotated

from fastapi import Depends, Request

from orchestrator.intake.accept import Intake
from orchestrator.intake.channels import ChannelKeys


def intake(request: Request) -> Intake:
    found: Intake = request.app.state.intake
    return found


def channel_keys(request: Request) -> ChannelKeys:
    found: ChannelKeys = request.app.state.channel_keys
    return found


IntakeDep = Annotated[Intake, Depends(intake)]
ChannelKeysDep = Annotated[ChannelKeys, Depends(channel_keys)]
