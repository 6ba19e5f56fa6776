from . import test_billing_run_cron
from . import test_billing_run_jobs
from . import test_job_execution
