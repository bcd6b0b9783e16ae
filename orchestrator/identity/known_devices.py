"""Browsers in which somebody has signed in before: what strangers try elsewhere does not keep people out of them.

What is known stands in the browser's cookie alone, sealed; it opens nothing, it only says by which count a try is counted.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.identity.accounts import login_of
from orchestrator.identity.sealing import CannotUnseal, seal, unseal
from orchestrator.identity.tokens import digest
from orchestrator.settings import PayloadKey

LASTS = timedelta(days=180)  # from the last sign-in in it
_ABOUT = "known device"
_MOST = 8  # people at one desk; who signed in longest ago is forgotten first


@dataclass(frozen=True, slots=True)
class Device:
    """`logins` are digests of those of the people who signed in here, the latest last."""

    id: str
    logins: tuple[str, ...]

    def knows(self, login: str) -> bool:
        return digest(login_of(login)) in self.logins


def read(cookie: str | None, *, keys: Sequence[PayloadKey], now: datetime) -> Device | None:
    """Return the device of a cookie that we made; None for any other, and for one that is too old."""
    try:
        known = json.loads(unseal(cookie or "", about=_ABOUT, keys=keys))
    except (CannotUnseal, ValueError):
        return None
    return Device(known["id"], tuple(known["logins"])) if known["until"] > now.timestamp() else None


def remember(device: Device | None, login: str, *, keys: Sequence[PayloadKey], now: datetime) -> str:
    """Return the cookie of the device, a new one where it is none yet, after `login` has signed in on it."""
    this = digest(login_of(login))
    others = () if device is None else tuple(each for each in device.logins if each != this)
    known = {
        "id": secrets.token_urlsafe(16) if device is None else device.id,
        "logins": [*others, this][-_MOST:],
        "until": (now + LASTS).timestamp(),
    }
    return seal(json.dumps(known), about=_ABOUT, keys=keys)


def counted_as(device: Device | None, login: str) -> str | None:
    """Return the name under which this device's tries at `login` are counted; None where it does not know the login."""
    return device.id if device is not None and device.knows(login) else None
