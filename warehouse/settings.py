"""Every setting of an installation, read once from the environment (prefix ``QBR_``) and ``.env``.

Nothing else reads the environment. Rules of one organization (boards, thresholds, mapping) are not settings: they
live in ``config/<organization>.yml``.
"""

import base64
import os
import secrets
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from pydantic import AwareDatetime, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.errors import SettingsUnusable

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """The settings of this installation; unset vendor keys mean that the source is not connected this way."""

    model_config = SettingsConfigDict(
        env_prefix="QBR_", env_file=PROJECT_ROOT / ".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: SecretStr | None = Field(
        default=None,
        description="Address of a Postgres 16 or newer; unset: an embedded server is started under var_dir.",
    )
    warehouse: str = Field(
        default="postgres",
        pattern="^(postgres|citus)$",
        description="Kind of the warehouse: postgres, or citus, whose tables are spread over several machines.",
    )
    var_dir: Path = Field(
        default=Path("var"), description="Where everything made at run time goes; relative to the clone."
    )
    config_dir: Path = Field(
        default=Path("config"), description="Where each organization's YAML lies; relative to the clone."
    )
    prints_pdf: bool = Field(
        default=True, description="Whether each deck gets a PDF, by LibreOffice where it is installed, else WeasyPrint."
    )
    postgres_port: int = Field(
        default=54329,
        ge=1,
        le=65535,
        description="Port the embedded Postgres prefers; another is taken when it is busy.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Key that encrypts stored credentials, 32 bytes in url-safe base64; "
        "unset: made once and kept in secret.key under var_dir.",
    )
    credentials_organization: str | None = Field(
        default=None, description="The one organization that the vendor keys below serve."
    )

    ninjaone_base_url: str | None = Field(
        default=None, description="NinjaOne instance, such as https://app.ninjarmm.com."
    )
    ninjaone_client_id: str | None = Field(default=None, description="Client id of the NinjaOne API application.")
    ninjaone_client_secret: SecretStr | None = Field(default=None, description="Its client secret.")

    connectwise_base_url: str | None = Field(
        default=None, description="ConnectWise REST address, ending in /v4_6_release/apis/3.0."
    )
    connectwise_company_id: str | None = Field(default=None, description="Company id typed at the ConnectWise sign-in.")
    connectwise_public_key: str | None = Field(default=None, description="Public key of the API member.")
    connectwise_private_key: SecretStr | None = Field(default=None, description="Private key of the API member.")
    connectwise_client_id: str | None = Field(default=None, description="clientId registered with ConnectWise.")

    stripe_base_url: str | None = Field(
        default=None, description="Stripe address; https://api.stripe.com for the real one."
    )
    stripe_api_key: SecretStr | None = Field(default=None, description="Restricted Stripe key with read access.")

    quickbooks_base_url: str | None = Field(default=None, description="QuickBooks Online accounting API address.")
    quickbooks_auth_url: str | None = Field(default=None, description="Where a person signs in to QuickBooks.")
    quickbooks_token_url: str | None = Field(
        default=None, description="Where QuickBooks tokens are fetched and renewed."
    )
    quickbooks_revoke_url: str | None = Field(default=None, description="Where QuickBooks tokens are revoked.")
    quickbooks_client_id: str | None = Field(default=None, description="Client id of the Intuit application.")
    quickbooks_client_secret: SecretStr | None = Field(default=None, description="Its client secret.")
    quickbooks_realm_id: str | None = Field(default=None, description="Realm (company) to read, when set by hand.")
    quickbooks_refresh_token: SecretStr | None = Field(
        default=None, description="First refresh token, when set by hand."
    )
    quickbooks_environment: str = Field(
        default="production", pattern="^(sandbox|production)$", description="sandbox or production."
    )

    opsdb_kind: str | None = Field(
        default=None,
        pattern="^(postgres|sqlserver)$",
        description="Kind of the operational database, postgres or sqlserver; unset: postgres.",
    )
    opsdb_host: str | None = Field(default=None, description="Host of the operational database.")
    opsdb_port: int | None = Field(
        default=None, ge=1, le=65535, description="Its port; unset: 5432, or 1433 of SQL Server."
    )
    opsdb_database: str | None = Field(default=None, description="Name of the operational database.")
    opsdb_user: str | None = Field(default=None, description="A user that may only read it.")
    opsdb_password: SecretStr | None = Field(default=None, description="That user's password.")
    opsdb_tls: str | None = Field(
        default=None,
        pattern="^(yes|no)$",
        description="Whether to encrypt, yes or no; unset: yes, but for this machine, which alone may do without.",
    )
    opsdb_tls_ca: str | None = Field(
        default=None,
        description="File of the authority that signed the server's certificate; unset: the system's authorities.",
    )
    quickbooks_reads_per_month: int = Field(
        default=500_000,
        ge=1,
        description="Reads a month that Intuit allows the application, whichever companies it reads; "
        "reading stops before.",
    )

    sandbox_port: int = Field(default=8765, ge=1, le=65535, description="Port of the simulated vendors.")
    sandbox_seed: int = Field(default=7, description="Seed of the made-up business behind the simulated vendors.")
    as_of: AwareDatetime | None = Field(
        default=None, description="The instant every run takes for now, with its zone; unset: the clock."
    )

    smtp_host: str | None = Field(default=None, description="Mail server for alerts; unset: no e-mail is sent.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_username: str | None = Field(default=None, description="Its user, if it asks for one.")
    smtp_password: SecretStr | None = Field(default=None, description="That user's password.")
    smtp_from: str = Field(default="qbr@localhost", description="Sender of alert mail.")
    smtp_to: str | None = Field(
        default=None,
        description="Receivers of alert mail where an organization names none, separated by commas; never of figures "
        "for investors.",
    )
    smtp_starttls: bool = Field(default=True, description="Whether to ask the mail server for encryption.")
    chat_webhook_url: SecretStr | None = Field(
        default=None, description="Slack-compatible incoming webhook for alerts; unset: none is posted."
    )
    slack_bot_token: SecretStr | None = Field(
        default=None, description="Slack bot token (scope chat:write): one message an alert, updated in place."
    )
    slack_channel: str | None = Field(
        default=None, description="Slack channel id of alerts, such as C0123456789, unless the organization names one."
    )
    slack_api_url: str = Field(default="https://slack.com/api", description="Address of Slack's Web API.")
    teams_webhook_url: SecretStr | None = Field(
        default=None, description="Teams workflow that takes alerts as adaptive cards; unset: none is posted."
    )
    alert_webhook_url: SecretStr | None = Field(default=None, description="Receiver of your own that alerts go to.")
    alert_webhook_secret: SecretStr | None = Field(
        default=None, description="Key that signs what it receives, as Standard Webhooks says; may begin with whsec_."
    )
    apprise_urls: SecretStr | None = Field(
        default=None, description="Apprise addresses of any other service, separated by commas."
    )
    docs_url: str | None = Field(
        default=None, description="Where docs/ can be opened in a browser; unset: alerts name the page in the clone."
    )
    portal_host: str = Field(
        default="127.0.0.1", description="Address the download page listens on; another only behind a proxy with TLS."
    )
    portal_port: int = Field(default=8090, ge=1, le=65535, description="Port of the download page.")
    portal_url: str | None = Field(
        default=None, description="Where people reach the download page, such as https://files.example.com."
    )
    portal_database_url: SecretStr | None = Field(
        default=None,
        description="Address by which the download page signs in to the warehouse, as a user granted qbr_portal; "
        "unset: the warehouse's own, with that role taken on where it may be.",
    )
    portal_proxies: str | None = Field(
        default=None,
        description="Addresses of proxies in front of the download page, separated by commas; only they are believed "
        "about who visits.",
    )
    link_key: SecretStr | None = Field(
        default=None,
        description="Key that signs links to the download page, 32 bytes in url-safe base64; "
        "unset: made once and kept in link.key under var_dir. Another key closes every link.",
    )
    dagster_port: int = Field(default=3000, ge=1, le=65535, description="Port of Dagster's web server.")

    @field_validator("var_dir", "config_dir")
    @classmethod
    def _hang_on_the_clone(cls, path: Path) -> Path:
        return PROJECT_ROOT / path.expanduser()

    @field_validator("secret_key", "link_key")
    @classmethod
    def _is_32_bytes(cls, key: SecretStr | None, field: ValidationInfo) -> SecretStr | None:
        if key is not None:
            _check_key(key.get_secret_value(), f"QBR_{(field.field_name or '').upper()}")
        return key

    @field_validator("alert_webhook_secret")
    @classmethod
    def _is_a_key(cls, secret: SecretStr | None) -> SecretStr | None:
        text = secret.get_secret_value() if secret is not None else ""
        if text.startswith("whsec_"):
            try:
                key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
            except ValueError:
                key = b""
            if not key:
                raise SettingsUnusable(
                    "QBR_ALERT_WEBHOOK_SECRET begins with whsec_, but no base64 follows, so nothing can be signed with "
                    "it. Copy the whole key of the receiver."
                )
        return secret

    def encryption_key(self) -> bytes:
        """The key for stored credentials, url-safe base64 of 32 bytes; made and kept in a 0600 file when unset.

        Raises :class:`SettingsUnusable` when the kept key was damaged.
        """
        return self._key(self.secret_key, "secret.key")

    def link_signing_key(self) -> bytes:
        """The key that signs links; another than that of credentials, which the download page must not know.

        Raises :class:`SettingsUnusable` when the kept key was damaged.
        """
        return base64.urlsafe_b64decode(self._key(self.link_key, "link.key"))

    def portal_address(self) -> str:
        """Where people reach the download page, without a slash at the end."""
        return (self.portal_url or f"http://127.0.0.1:{self.portal_port}").rstrip("/")

    def _key(self, given: SecretStr | None, name: str) -> bytes:
        if given is not None:
            return given.get_secret_value().encode()
        kept = self.var_dir / name
        if not kept.exists():
            _write_once(kept, base64.urlsafe_b64encode(secrets.token_bytes(32)))
        key = kept.read_text().strip()
        _check_key(key, str(kept))
        return key.encode()


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process; ``get_settings.cache_clear()`` reads them anew.

    Raises :class:`SettingsUnusable`, which names each setting at fault and never its value: it may be a secret.
    """
    try:
        return Settings()
    except ValidationError as error:
        found = " ".join(_complaint(detail) for detail in error.errors(include_url=False, include_input=False))
        raise SettingsUnusable(
            f"{found} Nothing was done. Correct it in the environment or in .env; docs/settings.md says what "
            "each setting is for."
        ) from None


def now(settings: Settings | None = None) -> datetime:
    """The instant a run starts at when nobody gave one: the ``as_of`` setting, else the clock, in UTC."""
    chosen = (settings or get_settings()).as_of
    return chosen.astimezone(UTC) if chosen else datetime.now(UTC)


def _complaint(detail: ErrorDetails) -> str:
    """One problem, in pydantic's words unless our own validator has found it."""
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    name = "_".join(["QBR", *(str(part) for part in detail["loc"])]).upper()
    return f"{name} cannot be used: {detail['msg'][0].lower()}{detail['msg'][1:]}."


def _check_key(key: str, where: str) -> None:
    try:
        size = len(base64.urlsafe_b64decode(key))
    except ValueError:
        size = 0
    if size != 32:
        raise SettingsUnusable(
            f"{where} is not 32 bytes in url-safe base64, so stored credentials cannot be opened. Restore the key they "
            "were stored with, or make a new one and connect the sources again."
        )


def _write_once(path: Path, content: bytes) -> None:
    """Create a private file with its content in one step: two processes at once end up with the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first; its key is the one to use
    finally:
        draft.unlink()
