{
    "name": "Consolidated Billing: Job Queue",
    "version": "19.0.1.1.0",
    "category": "Sales/Sales",
    "summary": "Generate billing runs by several workers, on any number of machines",
    "author": "Consolidated Billing contributors",
    "website": "https://github.com/consolidated-billing/consolidated-billing",
    "license": "LGPL-3",
    "depends": ["consolidated_billing", "queue_job"],
    "data": [
        "data/queue_job_data.xml",
        "views/billing_run_views.xml",
        "views/queue_job_views.xml",
    ],
    "uninstall_hook": "uninstall_hook",
    "auto_install": True,
}
