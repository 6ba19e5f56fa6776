"""A real server with a cron thread that is killed in the middle of a run (``R5``)."""

import time

from harness import wait_for
from order_checks import check_all_billed, check_nothing_billed_twice, check_run_is_finished

DOCUMENTS = 120

# The connection on which the cron thread of a server waits.
LISTENING = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'postgres' AND application_name = %s"


def test_the_cron_finishes_the_run_after_a_restart(database, tmp_path):
    database.call("create_orders", customers=DOCUMENTS, lines=1)
    run = database.call("prepare")["id"]
    server = database.start_server(tmp_path / "first.log")
    second = None
    try:
        wait_for(lambda: database.value(LISTENING, f"odoo-{server.pid}"), "server")
        time.sleep(1)
        database.press(run, "action_generate")  # wakes the cron
        wait_for(lambda: database.states(run).get("done", 0) > 0, "first documents", timeout=80)
        server.kill()
        server.wait()
        states = database.states(run)
        assert states["proposed"] > 0, "the server was too fast: this proves nothing"
        second = database.start_server(tmp_path / "second.log")
        # the cron thread looks for work once a minute
        wait_for(lambda: database.run_state(run) == "done", "run", timeout=150, interval=0.5)
    finally:
        for process in filter(None, (server, second)):
            process.kill()
            process.wait()
    print(f"{states} when the server was killed")
    check_run_is_finished(database, run)
    check_nothing_billed_twice(database)
    check_all_billed(database)
