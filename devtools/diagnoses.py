"""What the log of a failed step means, in one sentence."""

import platform
import re
import sys

# Debian's packages with which the Python packages that have no wheel can be compiled.
COMPILER = "build-essential python3-dev libpq-dev libxml2-dev libxslt1-dev libjpeg-dev zlib1g-dev"


def python_version():
    """Return the version of this Python, as "3.12"."""
    return "{}.{}".format(*sys.version_info[:2])


def no_wheel(package):
    """Say that the registry has no wheel of a package, and that nothing else is tried."""
    return (
        f"the package registry has no wheel of {package} for Python {python_version()} on "
        f"{platform.machine()}: use another Python from 3.10 to 3.13, for example `python3.12 ./dev`, or the "
        "container of README.rst"
    )


def no_compiler(package):
    """Say which package has to be compiled, and what that takes."""
    return (
        f"{package} has no wheel for Python {python_version()} on {platform.machine()} and cannot be compiled here: "
        "use another Python from 3.10 to 3.13, for example `python3.12 ./dev`, or install what compiling takes, on "
        f"Debian and Ubuntu `sudo apt-get install {COMPILER}`"
    )


CERTIFICATE = (
    "the certificate of the registry, or of a proxy in between, is not trusted: install your proxy's certificate in "
    "the system and name the file in PIP_CERT, GIT_SSL_CAINFO and NODE_EXTRA_CA_CERTS"
)
SLOW = (
    "the package registry answers too slowly: run the same command again, it continues where it was; "
    "PIP_DEFAULT_TIMEOUT=180 gives it more time"
)
NETWORK = "the network or the package registry cannot be reached: check the connection and run the same command again"

# The first that occurs in the log is the reason: a certificate that is refused looks like a package that does not
# exist some lines later.
DIAGNOSES = [
    (
        r"No space left on device|Disk quota exceeded|ENOSPC|You don't have enough free space",
        "the disk is full: free some space and run the same command again, or set XDG_CACHE_HOME to another disk",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError|SELF_SIGNED_CERT|UNABLE_TO_(?:GET|VERIFY)_\w+|"
        r"[Cc]ertificate verification failed|problem confirming the ssl certificate|unable to get local issuer|"
        r"invalid peer certificate|The certificate is NOT trusted",
        CERTIFICATE,
    ),
    (
        r"Read timed out|ReadTimeout|ETIMEDOUT|ERR_SOCKET_TIMEOUT|The read operation timed out|IncompleteRead|"
        r"Operation too slow|Connection timed out after",
        SLOW,
    ),
    (
        r"Temporary failure (?:in name resolution|resolving)|Name or service not known|Could not resolve|"
        r"Failed to establish a new connection|Network is unreachable|Connection timed out|ENOTFOUND|EAI_AGAIN|"
        r"Failed to fetch|ProxyError|ConnectTimeout|Connection refused|RemoteDisconnected|Connection reset by peer",
        NETWORK,
    ),
    (
        r"Release file for \S+ is (?:expired|not valid yet)",
        "the lists of this machine's Debian mirror have expired, or its clock is wrong: use another mirror, or "
        'allow old lists with Acquire::Check-Valid-Until "false" in /etc/apt/apt.conf.d',
    ),
    (r"ensurepip is not\s+available|No module named ensurepip", "Python's venv module is incomplete"),
    (r"No matching distribution found for (?P<package>[\w.-]+(?:==[\w.]+)?)", no_wheel),
    (r"Failed building wheel for (?P<package>[\w.-]+)", no_compiler),
    (r"(?s)metadata-generation-failed.*╰─> (?P<package>(?!See above)\w[\w.-]*)", no_compiler),
    (r"metadata-generation-failed|error: command '[^']*(?:gcc|cc|clang|\+\+)[^']*' failed", no_compiler),
]


def diagnose(text):
    """Return the sentence for the log of a failed step, or None."""
    for pattern, sentence in DIAGNOSES:
        found = re.search(pattern, text)
        if found and callable(sentence):
            return sentence(found.groupdict().get("package", "a package"))
        if found:
            return sentence
    return None


def explain(what, log_path):
    """Make one sentence from the log of the failed step ``what``."""
    text = log_path.read_text(errors="replace") if log_path.exists() else ""
    reason = diagnose(text)
    if not reason:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        reason = next((line for line in reversed(lines) if "rror" in line), lines[-1] if lines else "no output")[:300]
    return f"{what} failed: {reason} (log: {log_path})."
