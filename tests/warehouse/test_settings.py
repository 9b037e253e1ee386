"""Settings come from the environment and .env, and say what is wrong with them."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from warehouse.engine import connect, engine, plain
from warehouse.errors import PostgresUnavailable
from warehouse.settings import PROJECT_ROOT, Settings, get_settings, now


def settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[arg-type, call-arg]


def test_relative_folders_hang_on_the_clone_and_absolute_ones_stay(tmp_path: Path) -> None:
    assert settings(var_dir="elsewhere").var_dir == PROJECT_ROOT / "elsewhere"
    assert settings(var_dir=tmp_path).var_dir == tmp_path


def test_the_environment_wins_over_the_file_and_empty_means_unset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    file.write_text("QBR_SANDBOX_SEED=11\nQBR_SMTP_HOST=\nQBR_POSTGRES_PORT=6000\n")
    monkeypatch.setenv("QBR_SANDBOX_SEED", "13")
    read = Settings(_env_file=file)  # type: ignore[call-arg]
    assert (read.sandbox_seed, read.smtp_host, read.postgres_port) == (13, None, 6000)


def test_the_instant_of_a_run_needs_its_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QBR_AS_OF", "2026-07-06T09:00:00-05:00")
    assert now(settings()) == datetime(2026, 7, 6, 14, tzinfo=UTC)
    monkeypatch.setenv("QBR_AS_OF", "2026-07-06T09:00:00")
    with pytest.raises(ValidationError, match="timezone"):
        settings()


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    assert "hunter2" not in repr(settings(stripe_api_key="hunter2", database_url="postgresql://u:hunter2@h/d"))


def test_a_webhook_secret_that_cannot_sign_is_refused() -> None:
    with pytest.raises(ValidationError, match="QBR_ALERT_WEBHOOK_SECRET begins with whsec_, but no base64 follows"):
        settings(alert_webhook_secret="whsec_x")
    assert settings(alert_webhook_secret="any words").alert_webhook_secret is not None


def test_the_encryption_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    key = settings(var_dir=tmp_path).encryption_key()
    assert settings(var_dir=tmp_path).encryption_key() == key
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_a_damaged_or_short_key_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("c2hvcnQ=")
    with pytest.raises(ValueError, match=r"secret\.key is not 32 bytes .* Restore the key"):
        settings(var_dir=tmp_path).encryption_key()
    with pytest.raises(ValidationError, match="QBR_SECRET_KEY is not 32 bytes"):
        settings(secret_key="c2hvcnQ=")


def test_a_configured_database_is_used_and_nothing_is_started(
    postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QBR_DATABASE_URL", postgres.replace("postgresql://", "postgresql+psycopg://"))
    monkeypatch.setenv("QBR_VAR_DIR", str(tmp_path))
    get_settings.cache_clear()
    try:
        with connect() as connection:
            assert connection.execute("show timezone").fetchone() == ("UTC",)
        with engine().connect() as alchemy:
            assert alchemy.exec_driver_sql("select 1").scalar() == 1
        engine().dispose()
        assert not list(tmp_path.iterdir())
    finally:
        get_settings.cache_clear()


def test_a_database_that_refuses_is_named_without_its_password() -> None:
    with pytest.raises(PostgresUnavailable, match=r"Postgres at 127\.0\.0\.1:1, database d, refused") as refused:
        connect("postgresql://u:hunter2@127.0.0.1:1/d")
    assert "hunter2" not in str(refused.value)


def test_drivers_are_taken_off_an_address() -> None:
    assert plain("postgres://u@h/d") == plain("postgresql+psycopg2://u@h/d") == "postgresql://u@h/d"
