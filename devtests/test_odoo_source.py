"""Where Odoo comes from: $ODOO_HOME, the cache, a git clone, Debian's package."""

import subprocess

import pytest

from devtools import debian


@pytest.fixture
def no_debian(dev, monkeypatch):
    """Make the Debian package recognisable without fetching it."""
    monkeypatch.setattr(dev, "odoo_from_debian", lambda: "debian")


@pytest.fixture
def repository(tmp_path, make_odoo):
    """Return a git repository with a branch 19.0."""
    folder = make_odoo(tmp_path / "upstream")
    git = ["git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run([*git, "init", "-q", "-b", "19.0"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "Odoo"], check=True)
    return folder


def test_odoo_home_wins(dev, tmp_path, make_odoo, monkeypatch):
    make_odoo(dev.CACHE / "odoo" / "git")
    monkeypatch.setenv("ODOO_HOME", str(make_odoo(tmp_path / "mine")))
    odoo = dev.find_odoo()
    assert odoo.home == tmp_path / "mine"
    assert odoo.addons_path == [odoo.home / "odoo" / "addons", odoo.home / "addons"]


def test_odoo_home_may_be_an_unpacked_debian_package(dev, tmp_path, make_odoo, monkeypatch):
    home = make_odoo(tmp_path / "prefix" / "usr/lib/python3/dist-packages")
    monkeypatch.setenv("ODOO_HOME", str(tmp_path / "prefix"))
    assert dev.find_odoo().home == home


def test_odoo_home_without_odoo_is_refused(dev, tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_HOME", str(tmp_path))
    with pytest.raises(dev.Failure, match="no Odoo source"):
        dev.find_odoo()


def test_odoo_home_of_another_series_is_refused(dev, tmp_path, make_odoo, monkeypatch):
    monkeypatch.setenv("ODOO_HOME", str(make_odoo(tmp_path / "old", version="18, 0")))
    with pytest.raises(dev.Failure, match="that is Odoo 18.0; Odoo 19.0 is needed"):
        dev.find_odoo()


def test_the_cache_comes_before_the_network(dev, make_odoo, monkeypatch):
    monkeypatch.setattr(dev, "odoo_from_git", lambda: pytest.fail("asked the network"))
    make_odoo(dev.CACHE / "odoo" / "debian" / "usr/lib/python3/dist-packages")
    assert dev.find_odoo().origin == "debian"


@pytest.mark.usefixtures("no_debian")
def test_git_comes_before_debian(dev, repository, monkeypatch):
    monkeypatch.setenv("ODOO_GIT_URL", f"file://{repository}")
    odoo = dev.find_odoo()
    assert odoo.origin == "git" and dev.odoo_series(odoo.home) == "19.0"
    assert dev.find_odoo() == odoo  # now from the cache


@pytest.mark.usefixtures("no_debian")
def test_another_address_is_not_served_from_the_cache(dev, repository, make_odoo, monkeypatch):
    make_odoo(dev.CACHE / "odoo" / "debian" / "usr/lib/python3/dist-packages")
    monkeypatch.setenv("ODOO_GIT_URL", f"file://{repository}")
    assert dev.find_odoo().origin == "git"


@pytest.mark.usefixtures("no_debian")
def test_debian_is_asked_when_nothing_can_be_cloned(dev, tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_GIT_URL", f"file://{tmp_path}/nothing")
    assert dev.find_odoo() == "debian"


@pytest.mark.usefixtures("no_debian")
def test_a_clone_that_breaks_off_leaves_nothing(dev, repository, monkeypatch):
    monkeypatch.setenv("ODOO_GIT_URL", f"file://{repository}")

    def broken(*_args, **_kwargs):
        raise dev.Failure("Odoo: git clone failed: connection reset.")

    monkeypatch.setattr(dev, "run_step", broken)
    assert dev.find_odoo() == "debian"
    assert not dev.git_cache().exists() and not list(dev.CACHE.glob("odoo/*.tmp*"))


def test_without_any_source_the_user_hears_what_to_do(dev, monkeypatch):
    monkeypatch.setattr(debian, "mirror", lambda: None)
    monkeypatch.setattr(dev, "odoo_from_git", lambda: None)
    with pytest.raises(dev.Failure, match="set ODOO_HOME"):
        dev.find_odoo()


def test_the_mirror_is_the_one_of_the_machine(monkeypatch):
    targets = """
Created-By: Packages
Component: main
Codename: bookworm-security
Origin: Debian
Repo-URI: http://mirror.example.com/debian-security/

Created-By: Packages
Component: main
Codename: bookworm
Origin: Debian
Repo-URI: http://mirror.example.com/debian/
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
    monkeypatch.setattr(debian.shutil, "which", lambda name: name)
    monkeypatch.setattr(debian, "output_of", lambda command: targets)
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    assert debian.mirror() == ("http://mirror.example.com/debian/", keyring)
