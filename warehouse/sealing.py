"""Sealing small secrets: AES-256-GCM, bound to what they belong to, with the id of the key beside them."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from warehouse.errors import WarehouseError

_NONCE_BYTES = 12  # what GCM is made for


class SealBroken(WarehouseError):
    """Sealed content cannot be opened: another key, or content that was moved or changed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Sealed content as it is stored."""

    key_id: str
    nonce: bytes
    content: bytes


class Seal:
    """One key, given as url-safe base64 of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = base64.urlsafe_b64decode(key)
        # Names the key without telling anything of it.
        self.key_id = hashlib.sha256(b"qbr key id" + self._key).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"Seal(key_id={self.key_id!r})"

    def close(self, content: dict[str, Any], owner: str) -> Sealed:
        """Seal `content` so that it opens for the same `owner` only."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        text = json.dumps(content, sort_keys=True).encode()
        return Sealed(self.key_id, nonce, AESGCM(self._key).encrypt(nonce, text, owner.encode()))

    def open(self, sealed: Sealed, owner: str) -> dict[str, Any]:
        """What was sealed; raises `SealBroken`."""
        if sealed.key_id != self.key_id:
            raise SealBroken(
                f"{owner} was sealed with the key {sealed.key_id}, and the key at hand is {self.key_id}. Set "
                "QBR_SECRET_KEY (or var/secret.key) to the key of that time, or connect the source again."
            )
        try:
            text = AESGCM(self._key).decrypt(sealed.nonce, sealed.content, owner.encode())
        except InvalidTag as error:
            raise SealBroken(
                f"{owner} was changed outside qbr and cannot be opened. Connect the source again."
            ) from error
        content: dict[str, Any] = json.loads(text)
        return content

    def fingerprint(self, content: dict[str, Any]) -> str:
        """Equal for equal content, and of no use to anyone without the key."""
        text = json.dumps(content, sort_keys=True).encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()
