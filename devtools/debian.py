"""What Debian's package archive has, unpacked into folders of our own: nothing is installed, nobody need be root."""

import os
import re
import shutil
from pathlib import Path

from devtools.steps import Failure, output_of, run_step, say

ODOO_SUITE = "sid"
ODOO_PACKAGES = [
    "odoo-19",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-roboto-unhinted",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
]
# The version in sid has other file names than the ones Odoo's style sheets use.
FONT_AWESOME = ("bookworm", "fonts-font-awesome")
# Debian removed this file (no source); every browser test needs that it exists.
STUB_SCRIPT = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"


def mirror():
    """Return (URI, signed-by) of this machine's own Debian mirror, or None."""
    targets = output_of(["apt-get", "indextargets"]) if shutil.which("apt-get") else None
    for block in (targets or "").split("\n\n"):
        fields = dict(re.findall(r"^([\w-]+): (.*)$", block, re.M))
        if fields.get("Created-By") == "Packages" and fields.get("Repo-URI") and fields.get("Component") == "main":
            codename = fields.get("Codename") or fields.get("Release", "")
            if "security" in codename or fields.get("Origin", "Debian") != "Debian":
                continue
            if re.search(r"/debian/?$", fields["Repo-URI"]):
                return fields["Repo-URI"], fields.get("Signed-By", "").strip()
    return None


def apt_get(folder, *settings):
    """Return the beginning of an apt-get command that writes into a folder of ours only."""
    for name in ("lists/partial", "cache/archives/partial", "debs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    own = {
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Debug::NoLocking": "true",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
        "Acquire::Retries": "3",
    }
    options = [f"{key}={value}" for key, value in own.items()] + list(settings)
    return ["apt-get", *(part for option in options for part in ("-o", option))]


def unpack_odoo(folder, source):
    """Unpack Debian's package of Odoo 19 and what its web pages need.

    :param tuple source: URI and signature of a mirror, as `mirror` returns them
    :return: the version of the package
    """
    apt = folder / "apt"
    sources = apt / "sources.list"
    command = apt_get(apt, f"Dir::Etc::sourcelist={sources}", "Dir::Etc::sourceparts=-")
    uri, signed_by = source
    option = f" [signed-by={signed_by}]" if signed_by.startswith("/") else ""
    suites = dict.fromkeys((ODOO_SUITE, FONT_AWESOME[0]))
    sources.write_text("".join(f"deb{option} {uri} {suite} main\n" for suite in suites))
    run_step("Odoo: package lists", [*command, "-o", "APT::Update::Error-Mode=any", "update"])
    say("Odoo: downloading (120 MB)")
    wanted = [f"{name}/{ODOO_SUITE}" for name in ODOO_PACKAGES] + [f"{FONT_AWESOME[1]}/{FONT_AWESOME[0]}"]
    run_step("Odoo: download", [*command, "download", *wanted], cwd=apt / "debs")
    say("Odoo: unpacking")
    packages = unpack(folder, apt / "debs")
    shutil.rmtree(apt)
    stub = folder / "usr/lib/python3/dist-packages/odoo/addons" / STUB_SCRIPT
    if not stub.exists():
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text("/* not distributed by Debian */\n")
    return next(name.split("_")[1] for name in packages if name.startswith("odoo-19_"))


def unpack(folder, debs):
    """Unpack package files and return their names."""
    packages = sorted(debs.glob("*.deb"))
    for package in packages:
        run_step("Unpacking", ["dpkg-deb", "-x", package, folder])
    return [package.name for package in packages]


def unpack_missing(folder, what, packages):
    """Unpack packages of the machine's own release, with what they need and the machine lacks.

    :raise Failure: when this is no Debian, or the archive cannot be reached
    """
    if not shutil.which("apt-get"):
        raise Failure(f"{what}: this machine has no apt-get.")
    apt = folder / "apt"
    command = apt_get(apt)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run_step(f"{what}: package lists", [*command, "update"], env=env)
    install = [*command, "install", "--yes", "--download-only", "--no-install-recommends", *packages]
    run_step(f"{what}: download", install, env=env)
    unpack(folder, apt / "cache/archives")
    shutil.rmtree(apt)


SCRIPT = """\
#!/bin/sh
# Runs a program with the libraries and fonts beside it that the system lacks.
here="{home}"
{variables}exec "$here/{program}" "$@"
"""


def write_script(folder, home, program, name=None):
    """Write a script that runs a program with what `unpack_missing` unpacked into the folder `system` beside it.

    :param Path folder: where the script is written
    :param Path home: the name that this folder has in the end
    :param str program: path of the program in it
    :return: the script
    """
    libraries = sorted({path.parent.relative_to(folder) for path in (folder / "system").rglob("*.so.*")})
    lines = []
    if libraries:
        lines.append('export LD_LIBRARY_PATH="{}"\n'.format(":".join(f"$here/{path}" for path in libraries)))
    if (folder / "system/fonts.conf").exists():
        lines.append('export FONTCONFIG_FILE="$here/system/fonts.conf"\n')
    script = folder / (name or Path(program).name)
    script.write_text(SCRIPT.format(home=home, variables="".join(lines), program=program))
    script.chmod(0o755)
    return script
