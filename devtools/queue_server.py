"""Real Odoo servers whose job runner asks their HTTP workers to execute jobs, for proofs and benchmarks."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

SERVER = Path(__file__).with_name("odoo_server.py")
RUNNER_READY = "database connections ready"
PATIENCE = 90  # seconds after which a server that is not ready is a failure


class QueueServer:
    """A server with HTTP workers in processes of their own, and a job runner.

    :param config: path of Odoo's configuration file
    :param str database: on which it works
    :param Path log: where it writes its log
    :param int capacity: how many jobs run at once; there are as many HTTP workers
    """

    def __init__(self, config, database, log, capacity=2):
        self.log = log
        command = [sys.executable, SERVER, "-c", config, "-d", database, f"--workers={capacity}"]
        command += ["--load=base,rpc,web,queue_job", f"--http-port={free_port()}", f"--gevent-port={free_port()}"]
        command += ["--max-cron-threads=0", f"--logfile={log}", "--log-handler=odoo.addons.queue_job:INFO"]
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # to kill it with its workers
            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL),  # ends with its parent (Linux)
            env={**os.environ, "ODOO_QUEUE_JOB_CHANNELS": f"root:{capacity}"},
        )

    def __enter__(self):
        end = time.monotonic() + PATIENCE
        while not (self.log.exists() and RUNNER_READY in self.log.read_text()):
            if time.monotonic() > end:
                self.kill()
                raise AssertionError(f"The job runner is not ready within {PATIENCE} s, see {self.log}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_error):
        self.kill()

    def processor_time(self):
        """Return the seconds of processor time of the server and its workers (Linux); PostgreSQL's are not in it."""
        ticks = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it ended in the meantime
                fields = path.read_text().rpartition(")")[2].split()
                if int(fields[2]) == self.process.pid:  # its group of processes
                    ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def kill(self):
        """Kill the server with all its workers, as the end of the machine does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def free_port():
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
