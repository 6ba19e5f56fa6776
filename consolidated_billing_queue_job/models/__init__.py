from . import billing_run, billing_run_job, queue_job
