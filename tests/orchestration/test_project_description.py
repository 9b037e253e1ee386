"""dbt's description of the project is written once, and again when the project or an accident asks for it."""

from pathlib import Path

import pytest

from orchestration import transformation


@pytest.mark.parametrize(
    ("written", "spared"),
    [
        pytest.param("{}", ("--no-write-json",), id="whole"),
        pytest.param('{"nodes": {"model.qbr', (), id="broken off"),
        pytest.param("", (), id="empty"),
        pytest.param(None, (), id="none"),
    ],
)
def test_a_build_spares_itself_a_description_that_is_there_whole(
    written: str | None, spared: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transformation, "target", lambda: tmp_path)
    if written is not None:
        (tmp_path / "manifest.json").write_text(written)
    assert transformation.without_artefacts() == spared
