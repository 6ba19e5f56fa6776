from . import test_billing_run_cron, test_billing_run_jobs, test_job_execution
