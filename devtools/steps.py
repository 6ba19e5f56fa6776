"""How the commands of `dev` say what they do, run steps, and keep finished results.

A step is made repeatable so: its result is built under a temporary name and
renamed when it is complete, so that an interrupted step is simply done again.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from devtools.diagnoses import explain

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".dev"
TOOLS = ROOT / "devtools"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "consolidated-billing-dev"
NEEDED_DISK = 3 * 1024**3


class Failure(Exception):
    """An expected failure; its text is one clear sentence for the user."""


STARTED = time.monotonic()
OUTPUT = threading.Lock()


def say(text):
    """Print one progress line with the seconds since the start."""
    with OUTPUT:
        print(f"[{time.monotonic() - STARTED:4.0f}s] {text}", flush=True)


def die_with_parent(sign=signal.SIGTERM):
    """In a child process: end when the parent ends, however it ends (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, sign)


def slug(text):
    """Return a text as a part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def run_step(what, command, env=None, cwd=None, timeout=None, log_name=None):
    """Run ``command`` with its output in a log; say that it goes on every 15 s.

    :param str what: name of the step in messages
    :return: path of the log
    :raise Failure: when the command fails
    """
    log_path = STATE / "logs" / f"{log_name or slug(what)}-{os.getpid()}.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd or ROOT,
            preexec_fn=lambda: die_with_parent(signal.SIGKILL),
        )
        try:
            while process.poll() is None:
                elapsed = time.monotonic() - start
                if timeout and elapsed > timeout:
                    raise Failure(f"{what} failed: no answer within {timeout} seconds.")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(min(15, timeout or 15) if elapsed > 1 else 1)
                if process.poll() is None and time.monotonic() - start >= 15:
                    say(f"{what}: still working ({time.monotonic() - start:.0f} s)")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if process.returncode:
        raise Failure(explain(what, log_path))
    return log_path


def output_of(command, **kwargs):
    """Return the output of a short command, or None when it fails."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **kwargs)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout if result.returncode == 0 else None


@contextlib.contextmanager
def lock(name, folder=None):
    """Let only one process at a time prepare ``name``."""
    path = (folder or CACHE) / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that prepares {name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def cached_folder(path, what, build):
    """Return ``path``, filled by ``build(temporary folder)`` if it is missing.

    The folder gets its name only when it is complete.
    """
    if path.exists():
        return path
    with lock(path.name, path.parent):
        if path.exists():
            return path
        check_disk(path.parent)
        for leftover in path.parent.glob(f"{path.name}.tmp*"):
            shutil.rmtree(leftover, ignore_errors=True)
        temporary = path.parent / f"{path.name}.tmp{os.getpid()}"
        temporary.mkdir(parents=True)
        say(f"{what}: preparing")
        start = time.monotonic()
        try:
            build(temporary)
            temporary.rename(path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        say(f"{what}: ready ({time.monotonic() - start:.0f} s)")
    return path


def check_disk(folder):
    """Refuse to begin a large step on a disk that is nearly full."""
    free = shutil.disk_usage(folder).free
    if free < NEEDED_DISK:
        raise Failure(
            f"Only {free / 1024**3:.1f} GB are free in {folder} and {NEEDED_DISK // 1024**3} GB "
            "are needed: free some space or set XDG_CACHE_HOME to another disk."
        )


def digest(*parts):
    """Return a short hash of strings, for names in the cache."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:10]


def parallel(*jobs):
    """Run functions at the same time and return their results in order."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(job) for job in jobs]
        return [future.result() for future in futures]
