"""The program sassc, with which Odoo compiles its style sheets where libsass has no wheel."""

import os
import platform
import shutil

from devtools import debian
from devtools.steps import CACHE, Failure, cached_folder, say

WITHOUT_LIBSASS = ("aarch64",)


def folder():
    """Return the folder with the program, that goes on the PATH of servers and tests."""
    return CACHE / "sassc"


def search_path(path):
    """Return the PATH of Odoo's processes: with our sassc at the end if it was prepared."""
    return os.pathsep.join([path, str(folder())]) if folder().exists() else path


def prepare(install):
    """Make sure that there is a sassc on machines that need it.

    :param install: function that installs Debian's program, or says how to
    """
    if platform.machine() not in WITHOUT_LIBSASS or shutil.which("sassc"):
        return
    try:
        cached_folder(folder(), "Style sheets (sassc)", build)
    except Failure as error:
        say(f"note: {error}")
        install()


def build(target):
    """Fill a folder with `sassc`, a script that starts Debian's program with its libraries beside it."""
    debian.unpack_missing(target / "system", "Style sheets", ["sassc"])
    debian.write_script(target, folder(), "system/usr/bin/sassc")
