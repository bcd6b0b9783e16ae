"""Making readable again what Temporal stores of us: payloads as JSON, alone or anywhere inside a history."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any

from temporalio.api.common.v1 import Payload

from workflows.codec import CannotDecrypt, Cipher

Json = Any  # a history is JSON of any shape


async def decode_payloads(keys: Iterable[tuple[str, bytes]], payloads: list[Json]) -> list[Json]:
    """Return payloads decrypted and otherwise as they were: the answer of a codec server. Raises `CannotDecrypt`."""
    opened = await Cipher(keys).decode([_payload(each) for each in payloads])
    return [_as_json(payload) for payload in opened]


async def read(keys: Iterable[tuple[str, bytes]], document: Json) -> Json:
    """Return `document` with every payload in it replaced by the value it holds. Raises `CannotDecrypt`."""
    cipher = Cipher(keys)

    async def visit(node: Json) -> Json:
        if is_payload(node):
            (opened,) = await cipher.decode([_payload(node)])
            return _value(opened)
        if isinstance(node, Mapping):
            return {name: await visit(inner) for name, inner in node.items()}
        return [await visit(inner) for inner in node] if isinstance(node, list) else node

    return await visit(document)


def is_payload(node: Json) -> bool:
    """Tell a payload in JSON: an encoding among its metadata, and nothing but metadata and data."""
    if not isinstance(node, Mapping) or not set(node) <= {"metadata", "data", "externalPayloads"}:
        return False
    metadata = node.get("metadata")
    return isinstance(metadata, Mapping) and isinstance(metadata.get("encoding"), str)


def _payload(node: Json) -> Payload:
    if not is_payload(node):
        raise CannotDecrypt("this is no payload: it has no encoding")
    try:
        metadata = {name: base64.b64decode(value, validate=True) for name, value in node["metadata"].items()}
        return Payload(metadata=metadata, data=base64.b64decode(node.get("data") or "", validate=True))
    except (binascii.Error, TypeError, ValueError):
        raise CannotDecrypt("this is no payload: its parts are not base64") from None


def _as_json(payload: Payload) -> Json:
    metadata = {name: base64.b64encode(value).decode() for name, value in payload.metadata.items()}
    return {"metadata": metadata, "data": base64.b64encode(payload.data).decode()}


def _value(payload: Payload) -> Json:
    """Return what a payload in the clear says: its JSON, nothing, or the payload itself where it is something else."""
    encoding = payload.metadata.get("encoding", b"")
    if encoding == b"json/plain":
        return json.loads(payload.data)
    return None if encoding == b"binary/null" else _as_json(payload)
