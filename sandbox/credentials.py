"""What a program needs to sign in to each simulated vendor, made from the seed and plainly not real."""

import hashlib
import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secrets of one sandbox. Two sandboxes with the same seed share them."""

    seed: int

    def made(self, what: str, length: int = 24) -> str:
        """A string of hexadecimal digits that depends on the seed and on what it is for."""
        return hashlib.sha256(f"sandbox credential {what}, seed {self.seed}".encode()).hexdigest()[:length]

    @property
    def ninjaone_client_id(self) -> str:
        return f"sandbox-ninjaone-{self.made('ninjaone client id', 12)}"

    @property
    def ninjaone_client_secret(self) -> str:
        return f"sandbox-not-a-secret-{self.made('ninjaone client secret')}"

    @property
    def connectwise_company_id(self) -> str:
        return "sandboxmsp"

    @property
    def connectwise_public_key(self) -> str:
        return f"sandboxpublic{self.made('connectwise public key', 8)}"

    @property
    def connectwise_private_key(self) -> str:
        return f"sandboxprivate{self.made('connectwise private key', 12)}"

    @property
    def connectwise_client_id(self) -> str:
        return str(uuid.UUID(self.made("connectwise client id", 32)))

    @property
    def stripe_api_key(self) -> str:
        return f"sandbox-stripe-{self.made('stripe key')}"

    @property
    def stripe_limited_key(self) -> str:
        """A restricted key that may read customers, products and prices, and nothing else."""
        return f"sandbox-stripe-limited-{self.made('stripe limited key')}"

    @property
    def quickbooks_client_id(self) -> str:
        return f"sandbox-quickbooks-{self.made('quickbooks client id', 16)}"

    @property
    def quickbooks_client_secret(self) -> str:
        return f"sandbox-not-a-secret-{self.made('quickbooks client secret')}"

    @property
    def quickbooks_realm_id(self) -> str:
        return f"9{int(self.made('quickbooks realm', 12), 16):015d}"
