"""What the log of a failed step means, in one sentence; the logs are those that pip, git, apt and npm wrote."""

import pytest

from devtools import diagnoses

CERTIFICATE = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'SSLError(SSLCertVerificationError(1, '[SSL: \
CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1006)'))'
Could not fetch URL https://registry.example.com/simple/lxml/: There was a problem confirming the ssl certificate
ERROR: Could not find a version that satisfies the requirement lxml==5.2.1 (from versions: none)
ERROR: No matching distribution found for lxml==5.2.1
"""
SLOW = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'ReadTimeoutError("HTTPSConnectionPool(\
host='registry.example.com', port=443): Read timed out. (read timeout=15)")': /simple/lxml/
ERROR: No matching distribution found for lxml==5.2.1
"""
UNREACHABLE = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('Failed to establish a new \
connection: [Errno -3] Temporary failure in name resolution')': /simple/lxml/
ERROR: No matching distribution found for lxml==5.2.1
"""
NO_WHEEL = """\
ERROR: Could not find a version that satisfies the requirement lxml==5.2.1 (from versions: 5.3.0, 5.3.1, 5.4.0)
ERROR: No matching distribution found for lxml==5.2.1
"""
COMPILER = """\
  error: subprocess-exited-with-error
  × Building wheel for psutil (pyproject.toml) did not run successfully.
  │ exit code: 1
  ╰─> [48 lines of output]
      error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory
  ERROR: Failed building wheel for psutil
ERROR: Failed to build installable wheels for some pyproject.toml based projects (psutil)
"""
METADATA = """\
  error: subprocess-exited-with-error
  × Preparing metadata (pyproject.toml) did not run successfully.
  ╰─> [10 lines of output]
      Error: Please make sure the libxml2 and libxslt development packages are installed.
error: metadata-generation-failed
× Encountered error while generating package metadata.
╰─> lxml
"""


@pytest.mark.parametrize(
    "log, text",
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "the disk is full"),
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "the disk is full"),
        ("npm error code ENOSPC", "the disk is full"),
        (CERTIFICATE, "install your proxy's certificate"),
        ("npm error code SELF_SIGNED_CERT_IN_CHAIN", "install your proxy's certificate"),
        ("fatal: server certificate verification failed. CAfile: none", "install your proxy's certificate"),
        ("E: Certificate verification failed: The certificate is NOT trusted.", "install your proxy's certificate"),
        (SLOW, "answers too slowly"),
        ("npm error code ETIMEDOUT", "answers too slowly"),
        (UNREACHABLE, "check the connection"),
        ("E: Failed to fetch http://x  Temporary failure resolving 'x'", "check the connection"),
        ("E: Release file for http://x/InRelease is expired (invalid since 19d).", "Debian mirror have expired"),
        (NO_WHEEL, "no wheel of lxml==5.2.1 for Python"),
        (COMPILER, "psutil has no wheel for Python"),
        (METADATA, "lxml has no wheel for Python"),
        ("created successfully because ensurepip is not\navailable.  On Debian", "venv module is incomplete"),
        ("first\nSomeError: broken\nlast line", "SomeError: broken"),
        ("", "no output"),
    ],
)
def test_a_failed_step_says_why_and_what_to_do(tmp_path, log, text):
    path = tmp_path / "step.log"
    path.write_text(log)
    message = diagnoses.explain("Download", path)
    assert message.startswith("Download failed: ") and text in message and str(path) in message
    assert "\n" not in message


def test_a_package_that_cannot_be_compiled_is_named_with_what_to_install(tmp_path):
    sentence = diagnoses.diagnose(COMPILER)
    assert f"Python {diagnoses.python_version()}" in sentence
    assert "python3.12 ./dev" in sentence and "sudo apt-get install build-essential" in sentence


def test_a_success_needs_no_sentence():
    assert diagnoses.diagnose("Successfully installed lxml-5.4.0") is None
