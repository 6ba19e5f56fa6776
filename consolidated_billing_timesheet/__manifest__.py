{
    "name": "Consolidated Billing: Time Sheets",
    "version": "19.0.1.1.0",
    "category": "Sales/Sales",
    "summary": "Bill hours up to the cutoff date, and free them when a billing run is reversed",
    "author": "Consolidated Billing contributors",
    "website": "https://github.com/consolidated-billing/consolidated-billing",
    "license": "LGPL-3",
    "depends": ["consolidated_billing", "sale_timesheet"],
    "auto_install": True,
}
