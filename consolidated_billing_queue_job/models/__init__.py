from . import billing_run
from . import billing_run_job
from . import queue_job
