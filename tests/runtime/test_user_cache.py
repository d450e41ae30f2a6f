"""Where the package keeps what it may lose."""

import sys
from pathlib import Path

import pytest

from sspnet_sdk.system.user_cache import cache_folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("platform", "place"), [("linux", ".cache"), ("darwin", "Library/Caches"), ("win32", "AppData/Local")], ids=str
)
def test_every_system_has_its_own_place(home, monkeypatch, platform, place):
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder("profiles") == home / place / "sspnet-sdk" / "profiles"
    assert (home / place / "sspnet-sdk" / "profiles").is_dir()


@pytest.mark.parametrize(("platform", "variable"), [("linux", "XDG_CACHE_HOME"), ("win32", "LOCALAPPDATA")])
def test_a_place_that_the_environment_names_is_taken(home, monkeypatch, platform, variable):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, str(home / "named"))
    assert cache_folder("models") == home / "named" / "sspnet-sdk" / "models"


def test_where_nothing_can_be_made_nothing_is_kept(home, monkeypatch):
    (home / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    assert cache_folder("profiles") is None and Path(home / "file").is_file()
