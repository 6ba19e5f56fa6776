"""Processes that live as long as a benchmark, one for each database: each measures once when it is asked to.

What a contender caches, patches or leaves behind stays in its own process and in its own database. A request is a line
of JSON on standard input, an answer a line of JSON on standard output.
"""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from measuring import Sample

SCRIPT = Path(__file__).with_name("run.py")
ANSWER = "answer: "


class PairedProcess:
    """A process of the benchmark on one of its databases.

    :param str database: name of the database in ``options.py``
    """

    def __init__(self, database):
        self.database = database
        self.child = subprocess.Popen(
            [sys.executable, str(SCRIPT), "--serve"],
            env={**os.environ, **json.loads(os.environ["CB_BENCH_DATABASES"])[database]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, task, **values):
        """Let the process do a task and return the answer.

        :param str task: name of a function that ``run.py`` offers
        :param values: its parameters, as JSON knows them
        """
        self.child.stdin.write(json.dumps({"task": task, "values": values}) + "\n")
        self.child.stdin.flush()
        for line in self.child.stdout:
            if line.startswith(ANSWER):
                return json.loads(line.removeprefix(ANSWER))
            print(line, end="", flush=True)
        sys.exit(f"The process of the database {self.database} ended during {task!r}; its error is above.")

    def measure(self, task, **values):
        """Let the process measure once.

        :rtype: Sample
        """
        sample = Sample(**self.ask(task, **values))
        return sample._replace(outcome=tuple(sample.outcome))

    def close(self):
        """End the process."""
        self.child.stdin.close()
        self.child.wait()


@contextmanager
def paired(*databases):
    """Start a process for each database and end them all at the end.

    :rtype: Iterator[dict[str, PairedProcess]]
    """
    processes = {}
    try:
        for database in databases:
            processes[database] = PairedProcess(database)
        yield processes
    finally:
        for process in processes.values():
            process.close()


def serve(registry, tasks):
    """Answer requests until there are no more.

    :param registry: the registry of this process's database
    :param dict tasks: functions by name, called with the registry and what was asked with them
    """
    for line in sys.stdin:
        request = json.loads(line)
        answer = tasks[request["task"]](registry, **request["values"])
        print(ANSWER + json.dumps(answer), flush=True)
