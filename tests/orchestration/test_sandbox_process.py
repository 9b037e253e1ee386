"""A demonstration has a sandbox of its own, whoever else wants the same port."""

from pathlib import Path

import pytest

from orchestration import sandbox_process
from orchestration.sandbox_process import Sandbox, SandboxFailed


def test_a_port_that_was_taken_in_the_last_moment_is_left_to_whoever_has_it(
    tmp_path: Path, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both see the port free; one gets it. The other must not take a stranger's answers for those of its own."""
    taken = int(sandbox.rsplit(":", 1)[1])
    monkeypatch.setattr(sandbox_process, "_is_free", lambda _: True)
    try:
        found, is_new = sandbox_process.ensure(tmp_path, port=taken, seed=7)
        assert is_new
        assert found.port != taken
        assert found.answers()
        assert sandbox_process.running(tmp_path) == found
    finally:
        sandbox_process.stop(tmp_path)


def test_the_sandbox_of_another_process_is_not_ours(sandbox: str) -> None:
    assert not Sandbox(int(sandbox.rsplit(":", 1)[1]), pid=1, seed=7).answers()


def test_one_that_never_starts_is_told_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_process.sys, "executable", "/bin/false")
    with pytest.raises(SandboxFailed) as refused:
        sandbox_process.ensure(tmp_path / "var", port=1, seed=7)
    assert "sandbox.log" in str(refused.value)
    assert not (tmp_path / "var" / "sandbox.json").exists()
