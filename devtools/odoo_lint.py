"""Start Odoo so that its test_lint looks at the addons of this repository only.

usage: odoo_lint.py ADDON,ADDON odoo-arguments...

Odoo's checks read every addon on the path, also the 600 of Odoo itself, which
takes minutes and finds nothing that we could correct.
"""

import os
import subprocess
import sys

import odoo.cli
from odoo.modules import Manifest
from odoo.tools import config

import odoo.addons

NAMES = set(sys.argv[1].split(","))
all_addon_manifests = Manifest.all_addon_manifests
subprocess_run = subprocess.run


def our_manifests():
    """Replace `Manifest.all_addon_manifests` once Odoo has loaded its modules."""
    return [manifest for manifest in all_addon_manifests() if manifest.name in NAMES]


def run_without_server(command, *args, **kwargs):
    """Replace `subprocess.run`: pylint need not read Odoo's own server."""
    if isinstance(command, list) and os.path.basename(str(command[0])) == "pylint":
        command = [part for part in command if part != config.root_path]
    return subprocess_run(command, *args, **kwargs)


Manifest.all_addon_manifests = staticmethod(our_manifests)
subprocess.run = run_without_server
sys.argv = ["odoo", *sys.argv[2:]]
odoo.cli.main()
