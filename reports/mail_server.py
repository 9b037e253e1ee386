"""Mail over SMTP: one mail to several people, each of whom the server may take, refuse, or ask to try again."""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from warehouse.settings import Settings

TIMEOUT = 20
"""Seconds a mail server may take to answer; mails with attachments are given longer."""


class MailFailed(Exception):
    """The mail reached nobody; the sentence says why and holds no secret."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who got the mail, who never will (with the server's answer), and who may when it is tried again."""

    delivered: tuple[str, ...]
    refused: tuple[tuple[str, str], ...] = ()
    later: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, with STARTTLS where configured; a certificate nobody vouches for is refused."""

    host: str
    port: int
    sender: str
    starttls: bool
    username: str | None = None
    password: str | None = None

    def send(self, mail: EmailMessage, recipients: Sequence[str], *, timeout: float = TIMEOUT) -> Outcome:
        """Hand the mail in for `recipients`. Raises MailFailed when the server could not be spoken to."""
        try:
            with _signed_off(smtplib.SMTP(self.host, self.port, timeout=timeout)) as server:
                if self.starttls:
                    server.starttls(context=ssl.create_default_context())
                if self.username and self.password:
                    server.login(self.username, self.password)
                refused = server.send_message(mail, from_addr=self.sender, to_addrs=list(recipients))
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except smtplib.SMTPAuthenticationError as error:
            raise MailFailed(
                f"The mail server {self.host}:{self.port} refused the sign-in (SMTP {error.smtp_code}). "
                "Check QBR_SMTP_USERNAME and QBR_SMTP_PASSWORD."
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailFailed(
                f"The mail server {self.host}:{self.port} did not take the mail: {_short(error)}"
            ) from error
        answers = {name: (int(code), f"SMTP {int(code)}") for name, (code, _) in sorted(refused.items())}
        return Outcome(
            delivered=tuple(name for name in recipients if name not in answers),
            refused=tuple((name, answer) for name, (code, answer) in answers.items() if code >= 500),
            later=tuple((name, answer) for name, (code, answer) in answers.items() if code < 500),
        )


def mail_server(settings: Settings) -> MailServer | None:
    """The installation's mail server; None where none is configured."""
    if not settings.smtp_host:
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_from,
        starttls=settings.smtp_starttls,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
    )


@contextmanager
def _signed_off(server: smtplib.SMTP) -> Iterator[smtplib.SMTP]:
    """Say goodbye afterwards; how the server answers that changes nothing about the mail it has taken or refused."""
    try:
        yield server
    finally:
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
