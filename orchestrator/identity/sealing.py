"""Secrets that have to be read again, encrypted where they rest: AES-256-GCM under the keyring of the settings."""

import base64
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from orchestrator.errors import OrchestratorError
from orchestrator.settings import PayloadKey

_NONCE = 12  # bytes: what AES-GCM takes


class CannotUnseal(OrchestratorError):
    """The secret is under a key that the settings no longer hold, or belongs to another row."""

    code = "cannot_unseal"


def seal(secret: str, *, about: str, keys: Sequence[PayloadKey]) -> str:
    """Return `key_id:base64`. It opens for the same `about` alone, so that no row can borrow another's secret."""
    nonce, key = os.urandom(_NONCE), keys[0]
    sealed = AESGCM(key.secret).encrypt(nonce, secret.encode(), about.encode())
    return f"{key.key_id}:{base64.b64encode(nonce + sealed).decode()}"


def unseal(sealed: str, *, about: str, keys: Sequence[PayloadKey]) -> str:
    """Return the secret. Raises `CannotUnseal`."""
    key_id, _, encoded = sealed.rpartition(":")
    key = next((key for key in keys if key.key_id == key_id), None)
    if key is None:
        raise CannotUnseal("the key of this secret is not among the settings' keys")
    data = base64.b64decode(encoded)
    try:
        return AESGCM(key.secret).decrypt(data[:_NONCE], data[_NONCE:], about.encode()).decode()
    except InvalidTag:
        raise CannotUnseal("this secret is another row's, or was changed") from None
