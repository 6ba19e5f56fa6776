"""`./dev test --fresh`: what is tried on which system; the systems themselves take minutes and are made by hand."""

import pytest

from devtools import fresh, steps

CLEAN = """\
[   0s] PostgreSQL: starting
[ 170s] Odoo: starting
[ 174s] Odoo: ready; errors are shown here, everything is in .dev/logs/run.log

  http://localhost:8069  login admin  password admin

[ 190s] Odoo: stopped
"""


def test_a_system_is_tried_as_an_ordinary_user_before_root_installs_packages():
    assert fresh.attempts(["debian13"]) == [("debian13", "newcomer"), ("debian13", "root")]
    assert fresh.attempts(["debian12:root"]) == [("debian12", "root")]


@pytest.mark.parametrize("name", ["debian11", "debian13:nobody", ""])
def test_an_unknown_system_is_refused_with_those_that_are_known(name):
    with pytest.raises(steps.Failure, match="debian12, debian12:newcomer"):
        fresh.attempts([name])


def test_the_address_stands_at_the_end_alone():
    assert fresh.behind_address(CLEAN) == []
    stray = "DeprecationWarning: ast.Str is deprecated"
    assert fresh.behind_address(CLEAN.replace("[ 174s]", f"{stray}\n[ 174s]")) == [stray]


def test_the_newcomer_has_none_of_our_settings_but_the_way_to_the_network(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("ODOO_HOME", "/somewhere")
    monkeypatch.setenv("https_proxy", "proxy.example.com")
    monkeypatch.setenv("PIP_CERT", "/etc/ssl/ours.crt")
    command = fresh.System("debian13", tmp_path).command("newcomer", "python3", "./dev", "run")
    assert {"https_proxy=proxy.example.com", "PIP_CERT=/etc/ssl/ours.crt", "HOME=/home/newcomer"} <= set(command)
    assert not any("somewhere" in part for part in command)
    assert "-i" in command and command[-3:] == ["python3", "./dev", "run"]


def test_an_ordinary_user_hears_that_root_is_needed(monkeypatch):
    monkeypatch.setattr(fresh.os, "geteuid", lambda: 1000)
    with pytest.raises(steps.Failure, match="sudo"), fresh.new_system("debian13"):
        pass


def test_an_attempt_without_login_page_is_a_failure_with_its_log(dev, monkeypatch, tmp_path):
    monkeypatch.setattr(fresh.System, "command", lambda self, user, *arguments: ["sh", "-c", "echo no network; exit 1"])
    (problem,) = fresh.try_as(fresh.System("debian13", tmp_path), "newcomer", 1)
    assert "debian13 as newcomer: ./dev run ended after" in problem and "-run.log" in problem
