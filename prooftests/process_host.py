"""Run jobs on one database in processes of their own, each with its own connection.

Loads Odoo and the registry once, then forks one process for each connection to its socket, as
Odoo's own server does for its workers. A process can be killed at any moment; its socket closes then.

Usage: process_host.py CONFIG DATABASE SOCKET
"""

import ctypes
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback


def end_with_parent():
    """End this process when the one that started it ends (Linux)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Control:
    """How a job talks to the proof that started it, in lines of JSON."""

    def __init__(self, connection):
        self.stream = connection.makefile("rw")

    def read(self):
        return json.loads(self.stream.readline() or "null")

    def tell(self, **message):
        self.stream.write(json.dumps(message, default=str) + "\n")
        self.stream.flush()

    def wait(self, delay=0.0):
        """Say that the job is ready, wait until the proof says go, and some seconds longer."""
        self.tell(event="ready")
        self.read()
        time.sleep(delay)


def run_job(control, database):
    """Execute one job in its own transaction and tell the result or the error."""
    import jobs
    import ledger_jobs

    from odoo import api
    from odoo.orm.registry import Registry

    task = control.read()
    control.tell(event="started", pid=os.getpid())
    threading.current_thread().dbname = database
    try:
        registry = Registry(database).check_signaling()
        with registry.cursor() as cr:
            env = api.Environment(cr, task["uid"], {"lang": "en_US"})
            module = jobs if hasattr(jobs, task["job"]) else ledger_jobs
            result = getattr(module, task["job"])(env, control, **task["values"])
        registry.signal_changes()
    except Exception as error:
        control.tell(
            event="failed",
            error=type(error).__name__,
            message=str(error),
            traceback=traceback.format_exc(),
        )
    else:
        control.tell(event="done", result=result)


def warm_up(database):
    """Do once what jobs do, and roll it back: the forked processes inherit the caches."""
    import jobs
    import ledger_jobs

    from odoo import api
    from odoo.orm.registry import Registry

    registry = Registry(database)
    with registry.cursor() as cr:
        for module in (jobs, ledger_jobs):
            module.warm_up(api.Environment(cr, 2, {"lang": "en_US"}))
        cr.rollback()
    registry.reset_changes()


def main(config_path, database, socket_path):
    from odoo import sql_db
    from odoo.tools import config

    config.parse_config(["-c", config_path, "-d", database, "--no-http"], setup_logging=True)
    end_with_parent()
    warm_up(database)
    sql_db.close_all()  # a connection must not be shared with the forked processes
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(socket_path)
        server.listen(20)
        print("ready", flush=True)
        while True:
            connection = server.accept()[0]
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                end_with_parent()
                server.close()
                run_job(Control(connection), database)
                os._exit(0)
            connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
