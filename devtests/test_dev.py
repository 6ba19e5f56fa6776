"""What the commands of `dev` promise; needs neither Odoo nor a network."""

import errno
import os
import socket

import pytest

from devtools import steps


def test_help_fits_a_screen(dev, capsys):
    assert dev.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) < 80


def test_help_names_every_command(dev):
    assert all(f"\n  {name} " in dev.HELP for name in dev.COMMANDS)


def test_an_unknown_command_is_refused(dev, capsys):
    assert dev.main(["tset"]) == 2
    assert "unknown command 'tset'" in capsys.readouterr().err


def test_a_taken_port_is_one_sentence_with_a_suggestion(dev, capsys):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert dev.main(["run", "--port", str(port)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"Port {port} is taken" in error and f"--port {port + 1}" in error


@pytest.mark.parametrize(
    "error, text",
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.EACCES, "Permission denied", "/x"), "/x cannot be written"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_every_end_is_one_sentence(dev, capsys, monkeypatch, error, text):
    def command(_arguments):
        raise error

    monkeypatch.setitem(dev.COMMANDS, "setup", command)
    assert dev.main(["setup"]) != 0
    captured = capsys.readouterr().err
    assert text in captured and captured.count("\n") == 1


def test_a_failing_program_becomes_a_failure_with_its_log(dev):
    with pytest.raises(dev.Failure, match="Step failed: .*oops.*log: "):
        dev.run_step("Step", ["sh", "-c", "echo oops; exit 3"])


def test_a_step_that_hangs_is_ended(dev):
    with pytest.raises(dev.Failure, match="no answer within 1 seconds"):
        dev.run_step("Step", ["sleep", "60"], timeout=1)


def test_an_interrupted_step_is_done_again(dev):
    target = dev.CACHE / "thing"

    def interrupted(folder):
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dev.cached_folder(target, "Thing", interrupted)
    assert not target.exists()
    (dev.CACHE / "thing.tmp999").mkdir()  # left behind by a killed process
    assert dev.cached_folder(target, "Thing", lambda folder: (folder / "whole").touch()) == target
    assert [path.name for path in target.iterdir()] == ["whole"]
    assert not list(dev.CACHE.glob("thing.tmp*"))


def test_a_finished_step_is_not_done_again(dev):
    target = dev.CACHE / "thing"
    dev.cached_folder(target, "Thing", lambda folder: None)
    assert dev.cached_folder(target, "Thing", lambda folder: pytest.fail("done twice")) == target


def test_a_nearly_full_disk_is_refused_before_the_step(dev, monkeypatch):
    monkeypatch.setattr(steps, "NEEDED_DISK", 2**80)
    with pytest.raises(dev.Failure, match="GB are free"):
        dev.cached_folder(dev.CACHE / "thing", "Thing", lambda folder: pytest.fail("started"))


def test_a_missing_program_is_named_with_the_command_that_installs_it(dev, monkeypatch):
    monkeypatch.setattr(dev.shutil, "which", lambda name: None)
    with pytest.raises(dev.Failure, match="sudo apt-get install chromium poppler-utils"):
        dev.ensure_programs(["chromium", "pdftoppm"])
    dev.ensure_programs(["chromium"], required=False)


def test_the_socket_path_is_short_in_any_checkout(dev, monkeypatch):
    monkeypatch.setattr(dev, "STATE", dev.STATE / ("x" * 90))
    folder = dev.socket_folder()
    try:
        assert len(os.fspath(folder / ".s.PGSQL.5432")) < 107
    finally:
        folder.rmdir()


def test_a_server_that_was_killed_is_forgotten(dev):
    data = dev.STATE / "pg"
    data.mkdir()
    (data / "PG_VERSION").write_text("18\n")
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n")  # a process, but no server
    dev.check_cluster(data)
    assert not (data / "postmaster.pid").exists()


def test_databases_of_another_postgres_are_not_touched(dev):
    data = dev.STATE / "pg"
    data.mkdir()
    (data / "PG_VERSION").write_text("12\n")
    with pytest.raises(dev.Failure, match="was made by PostgreSQL 12"):
        dev.check_cluster(data)


def test_postgres_of_the_environment_wins_only_when_it_answers(dev, monkeypatch):
    def refused(_client):
        raise dev.SqlError("connection refused\ndetails")

    monkeypatch.setattr(dev, "start_embedded", lambda: "built-in")
    monkeypatch.setattr(dev, "external_postgres", lambda client: "external")
    assert dev.find_postgres(None).host == "built-in"
    monkeypatch.setenv("PGHOST", "db.example.com")
    assert dev.find_postgres(None) == "external"
    monkeypatch.setattr(dev, "external_postgres", refused)
    assert dev.find_postgres(None).host == "built-in"
    assert "PGHOST" not in os.environ


def test_odoos_tests_that_run_before_the_addons_are_loaded_are_left_out(dev):
    assert dev.odoo_tags(["sale", "sale_stock"]) == [
        "/sale",
        "-at_install/sale",
        "/sale_stock",
        "-at_install/sale_stock",
    ]
