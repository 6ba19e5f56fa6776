"""What `./dev run` shows of the server's log."""

from devtools import terminal

START = "2026-11-26 01:02:03,456 12 "
INFO = f"{START}INFO cb_dev odoo.http: GET /web/login 200\n"
ERROR = f"{START}ERROR cb_dev odoo.http: Exception during request handling.\nTraceback (most recent call last):\n"
KNOWN = f"{START}WARNING cb_dev py.warnings: /x/site-packages/y.py:1: DeprecationWarning: old\n  a stack\n"


def follow(dev, tmp_path, capsys, *pieces):
    """Return what is printed while a log grows by pieces."""
    follower = terminal.Follower(tmp_path / "log", dev.log_problems)
    for piece in pieces:
        with (tmp_path / "log").open("a") as log:
            log.write(piece)
        follower.look()
    follower.look()
    return capsys.readouterr().out


def test_a_quiet_server_leaves_the_address_alone(dev, tmp_path, capsys):
    assert follow(dev, tmp_path, capsys, INFO, KNOWN, INFO) == ""


def test_an_error_is_shown_whole_and_once(dev, tmp_path, capsys):
    end = "ValueError: 12\n"
    assert follow(dev, tmp_path, capsys, INFO, ERROR, end, INFO, INFO) == ERROR + end


def test_what_is_held_back_is_shown_at_the_end(dev, tmp_path, capsys):
    with terminal.Follower(tmp_path / "log", dev.log_problems, pause=30):
        (tmp_path / "log").write_text(ERROR)
    assert capsys.readouterr().out == ERROR
