from .models.billing_run import OPEN_STATES


def uninstall_hook(env):
    """Remove the jobs that nobody could execute any more, and let the scheduled action go on with their runs."""
    env["queue.job"].search([("billing_run_id", "!=", False), ("state", "in", OPEN_STATES)]).unlink()
    env.ref("consolidated_billing.ir_cron_generate_billing_runs")._trigger()
