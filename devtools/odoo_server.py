"""Start an Odoo server; unlike `python -m odoo`, its path can be executed again.

That is how a server with several workers (`--workers`) starts the process for live chat and notifications.
"""

import odoo.cli

odoo.cli.main()
