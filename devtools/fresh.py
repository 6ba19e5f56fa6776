"""What a newcomer meets: `./dev run` and a small `./dev test -k` on a new, minimal Debian with an empty cache.

The system is made with debootstrap from the machine's own package sources, in a
temporary folder that is removed at the end.  It is tried as an ordinary user
first, then as root, whose commands may install packages in it.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

from devtools import debian
from devtools.steps import ROOT, STATE, Failure, die_with_parent, output_of, run_step, say

SYSTEMS = {"debian12": "bookworm", "debian13": "trixie"}
PACKAGES = "python3,ca-certificates"  # all that the newcomer has beside the minimal system
USERS = {"newcomer": "/home/newcomer", "root": "/root"}
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# How the machine reaches the network: proxies, certificates, registries.
NETWORK = re.compile(r"(?i)(\w+_proxy|PIP_(CERT|INDEX_URL|DEFAULT_TIMEOUT)|\w*(CA_BUNDLE|CA_?CERTS|CAINFO|CERT_FILE))$")
TEST = "test_source_examples"
START_SECONDS, TEST_SECONDS = 1800, 3600
SCRIPT = """\
set -e
mount -t proc proc "$1/proc"
mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
root=$1 user=$2 folder=$3
shift 3
exec chroot --userspec="$user" "$root" sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
"""


class System(NamedTuple):
    """A new system in a folder."""

    name: str
    root: Path

    def command(self, user, *arguments):
        """Return the command that runs another one in the system, as a user, in his checkout."""
        home = USERS[user]
        network = [f"{key}={value}" for key, value in os.environ.items() if NETWORK.match(key)]
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        clean = ["env", "-i", f"HOME={home}", f"USER={user}", path, "LANG=C.UTF-8", *network]
        inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", SCRIPT, "sh"]
        return [*inside, str(self.root), user, f"{home}/checkout", *clean, *arguments]


def attempts(names):
    """Return (system, user) for each of the names "debian13" and "debian13:root".

    :raise Failure: when a name is unknown
    """
    result = []
    for name in names:
        system, _colon, user = name.partition(":")
        if system not in SYSTEMS or user and user not in USERS:
            known = ", ".join(f"{known}, {known}:newcomer, {known}:root" for known in SYSTEMS)
            raise Failure(f"There is no new system {name!r}: use one of {known}.")
        result += [(system, each) for each in ([user] if user else USERS)]
    return result


@contextlib.contextmanager
def new_system(name):
    """Make a new system with two users who have a copy of this checkout, and remove it at the end."""
    source = debian.mirror()
    if os.geteuid() != 0:
        raise Failure("A new system can only be made by root: `sudo ./dev test --fresh ...`.")
    if not source:
        raise Failure("A new system is made from this machine's Debian mirror, and it has none.")
    folder = Path(tempfile.mkdtemp(prefix=f"new-{name}-"))
    try:
        root = folder / "root"
        # what debootstrap mounts is gone when it ends, however it ends
        options = ["--variant=minbase", f"--include={PACKAGES}"]
        command = ["unshare", "--mount", "debootstrap", *options, SYSTEMS[name], root, source[0]]
        run_step(f"New system ({name})", command)
        furnish(root)
        yield System(name, root)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def furnish(root):
    """Give a new system the network of this one, and its users a copy of the checkout."""
    for path in ("/etc/resolv.conf", "/etc/hosts", CERTIFICATES):
        if Path(path).exists():
            shutil.copy(path, root / path[1:])
    settings = output_of(["apt-config", "dump", "Acquire::http", "Acquire::https", "Acquire::Check-Valid-Until"])
    (root / "etc/apt/apt.conf.d/90machine").write_text(settings or "")
    run_step("New user", ["chroot", root, "useradd", "--create-home", "--shell", "/bin/sh", "newcomer"])
    run_step("Package lists", ["chroot", root, "apt-get", "update"])
    for user, home in USERS.items():
        copy_checkout(root / home[1:] / "checkout")
        run_step("Checkout", ["chroot", root, "chown", "-R", f"{user}:{user}", home])


def copy_checkout(target):
    """Copy what belongs to the repository, changes that are not committed included."""
    listed = output_of(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"])
    if listed is None:
        ignored = shutil.ignore_patterns(".dev", ".git", "__pycache__", "node_modules")
        shutil.copytree(ROOT, target, ignore=ignored)
        return
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def try_run(system, user, log, port):
    """Start `./dev run`; return the seconds to the login page.

    :raise Failure: when the login page does not come
    """
    start = time.monotonic()
    with log.open("wb") as handle:
        command = system.command(user, "python3", "./dev", "run", "--port", str(port))
        process = subprocess.Popen(
            command, stdout=handle, stderr=handle, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent
        )
        try:
            seconds = wait_for_login(process, log, start)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/web/login", timeout=60) as answer:
                page = answer.read().decode()
        finally:
            stop(process)
    if "oe_login_form" not in page:
        raise Failure(f"The login page has no form (log: {log}).")
    return seconds


def wait_for_login(process, log, start):
    """Wait until the address stands in the terminal; return the seconds since the start."""
    while "login admin" not in log.read_text(errors="replace"):
        seconds = time.monotonic() - start
        if process.poll() is not None or seconds > START_SECONDS:
            raise Failure(f"./dev run ended after {seconds:.0f} s without a login page (log: {log}).")
        time.sleep(0.5)
    seconds = time.monotonic() - start
    time.sleep(3)  # what is printed behind the address
    return seconds


def stop(process):
    """Stop a command in the new system, as Ctrl-C does, and all that it started."""
    for pid in children(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def children(pid):
    """Return the process that `unshare` started."""
    try:
        return [int(part) for part in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def behind_address(text):
    """Return the lines of a terminal that do not belong between "Odoo: starting" and the end.

    The address and the login stand at the end, alone.
    """
    lines = [line for line in text.partition("Odoo: starting")[2].splitlines()[1:] if line.strip()]
    expected = re.compile(r"\[ *\d+s\] Odoo: (ready|stopped)|  http://localhost:\d+  login admin  password admin")
    return [line for line in lines if not expected.match(line)]


def try_test(system, user, log):
    """Run a small test; return the seconds and the last line.

    :raise Failure: when it is not green
    """
    start = time.monotonic()
    with log.open("wb") as handle:
        command = system.command(user, "python3", "./dev", "test", "-k", TEST)
        done = subprocess.run(
            command,
            stdout=handle,
            stderr=handle,
            stdin=subprocess.DEVNULL,
            timeout=TEST_SECONDS,
            preexec_fn=die_with_parent,
        )
    last = (log.read_text(errors="replace").strip().splitlines() or [""])[-1]
    if done.returncode or not re.fullmatch(r"[1-9]\d* passed, 0 failed", last):
        raise Failure(f"./dev test -k {TEST} is not green: {last} (log: {log}).")
    return time.monotonic() - start, last


def try_as(system, user, port):
    """Try both commands as a user; return the sentences that say what is wrong."""
    name = f"{system.name} as {user}"
    problems = []
    log = STATE / "logs" / f"fresh-{system.name}-{user}-run.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        say(f"{name}: ./dev run")
        seconds = try_run(system, user, log, port)
        say(f"{name}: login page after {seconds:.0f} s")
        problems += [f"{name}: stray line in the terminal: {line}" for line in behind_address(log.read_text())[:5]]
        print(log.read_text(errors="replace"), end="", flush=True)
        say(f"{name}: ./dev test -k {TEST}")
        seconds, last = try_test(system, user, log.with_name(f"fresh-{system.name}-{user}-test.log"))
        say(f"{name}: {last} after {seconds:.0f} s")
    except (Failure, OSError, subprocess.TimeoutExpired) as error:
        problems.append(f"{name}: {error}")
    return problems


def try_systems(names, port):
    """Try the systems one after the other; return how many attempts succeeded and failed."""
    wanted, passed, failed = attempts(names), 0, 0
    for name in dict.fromkeys(system for system, _user in wanted):
        with new_system(name) as system:
            for user in (user for other, user in wanted if other == name):
                problems = try_as(system, user, port)
                for problem in problems:
                    print(f"FAILED {problem}", file=sys.stderr, flush=True)
                passed, failed = passed + (not problems), failed + bool(problems)
    return passed, failed
