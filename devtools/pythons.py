"""A Python on which Odoo 19 runs, where the machine's own is too new or too old.

This file is read by the Python that is not suitable: it must be readable for Python 3.7, too.
"""

import os
import shutil
import subprocess
import sys
import tempfile

OLDEST, NEWEST = (3, 10), (3, 13)
PREFERRED = ("3.12", "3.13", "3.11", "3.10")
UV = "uv==0.13.9"
RESTARTED = "CB_DEV_PYTHON"  # set for the script that was started again, so that it never is twice


def check(version):
    """Return why Odoo 19 does not run on this Python version, or None."""
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return None
    return (
        "Odoo 19 needs Python 3.10 to 3.13, this is Python {}.{}: install one of these, for example with "
        "`uv python install 3.12`, and start `python3.12 ./dev`, or use the container of README.rst."
    ).format(*version[:2])


def works(python):
    """Tell whether a program is a suitable Python that can make virtual environments."""
    code = "import sys, venv, ssl, sqlite3; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.returncode == 0 and answer.stdout.decode().strip() in PREFERRED


def installed():
    """Return a suitable Python that is on the path, or None."""
    for version in PREFERRED:
        python = shutil.which("python" + version)
        if python and works(python):
            return python
    return None


def run(command, env=None):
    """Run a command quietly; return its output, or None when it fails or takes too long."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, timeout=600)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode().strip() if done.returncode == 0 else None


def find_uv(folder):
    """Return uv, from the path or as a wheel put into a folder, or None."""
    found = shutil.which("uv")
    if found:
        return found
    pip = [os.path.join(folder, "bin", "python"), "-m", "pip", "install", "--quiet", "--only-binary=:all:"]
    if run([sys.executable, "-m", "venv", folder]) is None or run([*pip, UV]) is None:
        return None
    return os.path.join(folder, "bin", "uv")


def bring(cache):
    """Return a Python that uv downloads into the cache folder, or None."""
    with tempfile.TemporaryDirectory() as folder:
        uv = find_uv(os.path.join(folder, "uv"))
        env = dict(os.environ, UV_PYTHON_INSTALL_DIR=os.path.join(cache, "python"), UV_PYTHON_PREFERENCE="only-managed")
        if not uv or run([uv, "python", "install", "--no-bin", PREFERRED[0]], env) is None:
            return None
        python = run([uv, "python", "find", "--no-project", PREFERRED[0]], env)
    return python if python and works(python) else None


def cache_folder():
    """Return the folder for downloads, as `dev` names it."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "consolidated-billing-dev")


def ensure():
    """Go on with a suitable Python, or end with one sentence."""
    problem = check(sys.version_info)
    if not problem:
        return
    if not os.environ.get(RESTARTED):
        python = installed()
        if not python:
            print("[   0s] this is Python {}.{}: uv brings another one".format(*sys.version_info[:2]), flush=True)
            python = bring(cache_folder())
        if python:
            os.environ[RESTARTED] = python
            os.execv(python, [python] + sys.argv)
    sys.exit("dev: " + problem)
