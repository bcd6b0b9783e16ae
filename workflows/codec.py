"""Encrypts what Temporal stores: every payload and every failure, under a key whose id stands readable beside it."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec

from orchestrator.errors import BadInput

ENCODING = b"binary/encrypted"
_NONCE = 12  # bytes: what AES-GCM takes


class CannotDecrypt(BadInput):
    """A payload is under a key that is not in the keyring, or was changed on its way."""

    code = "cannot_decrypt"


class Cipher(PayloadCodec):
    """AES-256-GCM. The first key of the keyring encrypts, all of them decrypt: that is how keys are rotated."""

    def __init__(self, keys: Iterable[tuple[str, bytes]]) -> None:
        """`keys` are (key id, 32 bytes); at least one."""
        ring = list(keys)
        self._current = ring[0][0]
        self._ciphers: Mapping[str, AESGCM] = {key_id: AESGCM(secret) for key_id, secret in ring}

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads in the clear. Raises `CannotDecrypt`; what was never encrypted comes back as it is."""
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        nonce, key_id = os.urandom(_NONCE), self._current.encode()
        sealed = self._ciphers[self._current].encrypt(nonce, payload.SerializeToString(), key_id)
        return Payload(metadata={"encoding": ENCODING, "key-id": key_id}, data=nonce + sealed)

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key_id = payload.metadata.get("key-id", b"")
        cipher = self._ciphers.get(key_id.decode(errors="replace"))
        if cipher is None:
            raise CannotDecrypt("the key of this payload is not in RINGBACK_PAYLOAD_KEYS")
        try:
            return Payload.FromString(cipher.decrypt(payload.data[:_NONCE], payload.data[_NONCE:], key_id))
        except InvalidTag:
            raise CannotDecrypt("this payload was changed, or another key has its key's id") from None


def converter(keys: Iterable[tuple[str, bytes]]) -> DataConverter:
    """Return the data converter of every client and worker of ours: Pydantic models, encrypted, error texts too."""
    return replace(
        pydantic_data_converter,
        payload_codec=Cipher(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
