{
    "name": "Consolidated Billing: Deliveries",
    "version": "19.0.1.1.0",
    "category": "Sales/Sales",
    "summary": "Bill what was delivered in a month with that month",
    "author": "Consolidated Billing contributors",
    "website": "https://github.com/consolidated-billing/consolidated-billing",
    "license": "LGPL-3",
    "depends": ["consolidated_billing", "sale_stock"],
    "auto_install": True,
}
