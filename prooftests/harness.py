"""Databases and processes for the proofs."""

import configparser
import contextlib
import itertools
import json
import lzma
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2

FOLDER = Path(__file__).resolve().parent
PATIENCE = 90  # seconds after which a process that does not answer is a failure
NUMBERS = itertools.count(1)
CONNECTION = ("db_host", "db_port", "db_user", "db_password")


class Killed(Exception):
    """The process ended without a result."""


class Failed(Exception):
    """The job ended with an error.

    :param dict answer: name of the error, message and traceback
    """

    def __init__(self, answer):
        super().__init__(answer["traceback"])
        self.name = answer["error"]
        self.message = answer["message"]


class Job:
    """A job in a process of its own."""

    def __init__(self, path, job, uid, values):
        self.name = job
        self.buffer = b""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.send({"job": job, "uid": uid, "values": values})
        self.pid = self.receive()["pid"]

    def send(self, message):
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, timeout=PATIENCE):
        """Return the next message."""
        end = time.monotonic() + timeout
        while b"\n" not in self.buffer:
            self.socket.settimeout(max(end - time.monotonic(), 0.01))
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                raise AssertionError(f"{self.name} waits for more than {timeout} s") from None
            except ConnectionError:
                data = b""
            if not data:
                self.socket.close()
                raise Killed(self.name)
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def wait_until_ready(self):
        """Wait until the job waits."""
        message = self.receive()
        assert message["event"] == "ready", message

    def go(self):
        """Let the waiting job continue."""
        self.send("go")

    def result(self, timeout=PATIENCE):
        """Wait for the end of the job; return its result or raise its error."""
        message = self.receive(timeout)
        self.socket.close()
        if message["event"] == "failed":
            raise Failed(message)
        return message["result"]

    def ends_within(self, seconds):
        """Tell whether the job ends in time, with a result; an error is raised."""
        try:
            self.result(seconds)
        except AssertionError:
            return False
        return True

    def kill(self):
        """Kill the process as the system does: without a chance to clean up."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(Killed, ConnectionError):
            while True:
                self.receive()


class Database:
    """A copy of a database, with the processes that work on it.

    :param str source: name of the database to copy, or path of a dump to restore (``.sql.xz``)
    :param str config_path: the configuration of Odoo
    """

    def __init__(self, source, config_path):
        self.config_path = config_path
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(config_path)
        self.options = parser["options"]
        self.name = f"{os.environ['CB_PROOF_PREFIX']}_{next(NUMBERS)}"
        self.process = None
        self.folder = tempfile.mkdtemp(prefix="proof")
        if source.endswith(".sql.xz"):
            self._restore(source)
            return
        files = Path(self.options["data_dir"], "filestore")
        if (files / source).exists():
            shutil.copytree(files / source, files / self.name, copy_function=os.link)
        self._administrate(f'CREATE DATABASE "{self.name}" TEMPLATE "{source}"')

    def _restore(self, dump):
        """Fill this database from a dump; settings that an older server does not know are left out."""
        self._administrate(f'CREATE DATABASE "{self.name}" TEMPLATE template0')
        with lzma.open(dump, "rt") as lines:
            script = "".join(
                line for line in lines if not line.startswith(("SET transaction_timeout", "\\")) or line == "\\.\n"
            )
        settings = {
            f"PG{key.removeprefix('db_').upper()}": self.options[key] for key in CONNECTION if key in self.options
        }
        command = [os.environ["CB_PROOF_PSQL"], "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.name]
        subprocess.run(
            command, input=script, text=True, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **settings}
        )

    def _administrate(self, statement):
        for attempt in range(40):
            with contextlib.closing(self.connect("postgres")) as connection:
                try:
                    return connection.cursor().execute(statement)
                except psycopg2.errors.ObjectInUse:
                    if attempt == 39:
                        raise
            time.sleep(0.25)

    def copy(self):
        """Return an identical database."""
        self.close_processes()
        return Database(self.name, self.config_path)

    def drop(self):
        self.close_processes()
        self._administrate(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        shutil.rmtree(Path(self.options["data_dir"], "filestore", self.name), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    # SQL

    def connect(self, database=None):
        """Return a connection of its own, outside of Odoo; every statement is committed."""
        settings = {key.removeprefix("db_"): self.options[key] for key in CONNECTION if key in self.options}
        connection = psycopg2.connect(dbname=database or self.name, **settings)
        connection.autocommit = True
        return connection

    def sql(self, query, *values):
        """Return the rows of a query, or nothing for a statement without any."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall() if cursor.description else None

    def value(self, query, *values):
        """Return the one value of a query."""
        return self.sql(query, *values)[0][0]

    # Processes

    def start(self, job, uid=2, **values):
        """Start a job in a process of its own."""
        path = os.path.join(self.folder, "socket")
        if not self.process:
            self.process = self._start_host(path)
        return Job(path, job, uid, values)

    def _start_host(self, path):
        command = [sys.executable, FOLDER / "process_host.py", self.config_path, self.name, path]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"Odoo did not start on {self.name}")
        return process

    def call(self, job, uid=2, **values):
        """Execute a job and return its result."""
        return self.start(job, uid, **values).result()

    def close_processes(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
            os.unlink(os.path.join(self.folder, "socket"))

    def start_server(self, log_path):
        """Start a real Odoo server with one cron thread; it writes its log to a file."""
        command = [sys.executable, "-m", "odoo", "server", "-c", self.config_path]
        command += ["-d", self.name, "--no-http", "--max-cron-threads=1", f"--logfile={log_path}"]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)

    def update(self, log_path, *addons):
        """Update addons, as an administrator does after new files were copied to the server."""
        command = [sys.executable, "-m", "odoo", "server", "-c", self.config_path, "-d", self.name]
        command += ["-u", ",".join(addons), "--no-http", "--stop-after-init", f"--logfile={log_path}"]
        subprocess.run(command, stdin=subprocess.DEVNULL, check=True)

    def manage(self, subcommand, *addons):
        """Install or uninstall addons, as an administrator does from the command line."""
        self.close_processes()
        command = [sys.executable, "-m", "odoo", "module", subcommand, "-c", self.config_path, "-d", self.name, *addons]
        subprocess.run(command, stdin=subprocess.DEVNULL, check=True)

    # Runs

    def start_run(self, **values):
        """Prepare a run over all orders and set it generating; return its id."""
        run = self.call("prepare", **values)["id"]
        self.press(run, "action_generate")
        return run

    def press(self, run, method):
        """Press a button of a run."""
        self.call("press", model="consolidated.billing.run", ids=[run], method=method)

    def states(self, run):
        """Return how many documents of a run are in each state."""
        return dict(
            self.sql(
                "SELECT state, count(*) FROM consolidated_billing_run_group WHERE run_id = %s GROUP BY state",
                run,
            )
        )

    def run_state(self, run):
        return self.value("SELECT state FROM consolidated_billing_run WHERE id = %s", run)

    def errors(self, run):
        """Return the errors of the failed documents by name of the bill-to."""
        return dict(
            self.sql(
                "SELECT partner.name, grp.error FROM consolidated_billing_run_group grp"
                " JOIN res_partner partner ON partner.id = grp.partner_id"
                " WHERE grp.run_id = %s AND grp.state = 'failed'",
                run,
            )
        )

    def claims(self):
        """Return how many order lines are claimed by any run."""
        return self.value("SELECT count(*) FROM consolidated_billing_run_line WHERE is_claim")


def die_with_parent():
    """In a child process: end when the parent ends (Linux)."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


# --------------------------------------------------------------------------------------------------
# At the same time
# --------------------------------------------------------------------------------------------------


def let_go(*jobs):
    """Let waiting jobs begin at the same moment."""
    for job in jobs:
        job.wait_until_ready()
    for job in jobs:
        job.go()


def prepare_together(database, **values):
    """Prepare two runs in two processes at the same time; return results and errors."""
    jobs = [database.start("prepare", wait=True, **values) for _number in range(2)]
    let_go(*jobs)
    prepared, errors = [], []
    for job in jobs:
        try:
            prepared.append(job.result())
        except Failed as error:
            errors.append(error)
    return prepared, errors


def wait_for(condition, what, timeout=PATIENCE, interval=0.05):
    """Wait until a condition is true; it must become true in time."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {timeout} s"
        time.sleep(interval)
