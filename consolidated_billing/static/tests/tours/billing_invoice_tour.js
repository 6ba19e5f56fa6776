import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const openMenu = (section, menu, title) => [
    {
        content: `Unfold the menu with ${title}`,
        trigger: `.o_menu_sections [data-menu-xmlid="${section}"]`,
        run: "click",
    },
    {
        content: `Choose ${title}`,
        trigger: `.o-dropdown--menu [data-menu-xmlid="${menu}"]`,
        run: "click",
    },
    {
        content: `${title} are shown`,
        trigger: `.o_breadcrumb .active:contains("${title}")`,
    },
];

registry.category("web_tour.tours").add("consolidated_billing_invoice", {
    // From the profile to the paid document. "A Tour Payer" and "A Tour Rejected" have posted invoices.
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the Invoicing app",
            trigger: `.o_app[data-menu-xmlid="account.menu_finance"]`,
            run: "click",
        },
        {
            content: "The app is open",
            trigger: ".o_breadcrumb .active",
        },
        ...openMenu(
            "account.menu_finance_configuration",
            "consolidated_billing.consolidated_billing_profile_menu",
            "Billing Profiles"
        ),
        {
            content: "Make a new profile",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Name it",
            trigger: `.o_field_widget[name="name"] input`,
            run: "edit Tour Monthly",
        },
        {
            content: "Its customers receive consolidated billing invoices",
            trigger: `.o_field_widget[name="consolidated_billing"] input`,
            run: "check",
        },
        {
            content: "With all items",
            trigger: `.o_field_widget[name="invoice_format"] .o_radio_item:contains("Detail") input`,
            run: "click",
        },
        {
            content: "The next cutoff dates are shown",
            trigger: `.o_field_widget[name="cycle_preview"]:contains("/")`,
        },
        ...stepUtils.saveForm(),
        ...openMenu("account.menu_finance_receivables", "account.menu_account_customer", "Customers"),
        {
            content: "Open the customer",
            trigger: `.o_data_row .o_data_cell:contains("A Tour Payer")`,
            run: "click",
        },
        {
            content: "Look at sales",
            trigger: `a[name="sales_purchases"]`,
            run: "click",
        },
        {
            content: "Choose the profile",
            trigger: `.o_field_widget[name="billing_profile_id"] input`,
            run: "edit Tour Monthly",
        },
        {
            content: "Take what is offered",
            trigger: `.o-autocomplete--dropdown-item:contains("Tour Monthly"):not(:contains("Create"))`,
            run: "click",
        },
        ...stepUtils.saveForm(),
        ...openMenu(
            "account.menu_finance_receivables",
            "consolidated_billing.consolidated_billing_run_menu_account",
            "Billing Runs"
        ),
        {
            content: "Make a new run",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "It consolidates",
            trigger: `.o_field_widget[name="kind"] .o_radio_item:contains("Consolidated") input`,
            run: "click",
        },
        {
            content: "Whatever day it is",
            trigger: `.o_field_widget[name="ignore_cycle"] input`,
            run: "check",
        },
        {
            content: "Prepare it",
            trigger: `button[name="action_prepare"]:visible`,
            run: "click",
        },
        {
            content: "The flagged customer is proposed with the total of its entries",
            trigger: `.o_field_widget[name="group_ids"] .o_data_row:contains("A Tour Payer"):contains("345.00")`,
        },
        {
            content: "So is the other one",
            trigger: `.o_field_widget[name="group_ids"] .o_data_row:contains("A Tour Rejected"):contains("115.00")`,
        },
        {
            content: "All is accounted for",
            trigger: `.o_billing_run_totals:contains("460.00")`,
        },
        {
            content: "Generate",
            trigger: `button[name="action_generate"]:visible`,
            run: "click",
        },
        {
            content: "The page shows the end without being reloaded",
            trigger: `.o_statusbar_status .o_arrow_button_current:contains("Done")`,
        },
        {
            content: "Open the documents",
            trigger: `button[name="action_view_consolidated_billings"]`,
            run: "click",
        },
        {
            content: "Choose the one that is wrong",
            trigger: `.o_list_view .o_data_row:contains("A Tour Rejected") .o_list_record_selector input`,
            run: "click",
        },
        {
            content: "Reject it",
            trigger: `.o_control_panel button[name="action_reject"]:visible`,
            run: "click",
        },
        {
            content: "It is cancelled",
            trigger: `.o_list_view .o_data_row:contains("A Tour Rejected"):contains("Cancelled")`,
        },
        {
            content: "Back to the run",
            trigger: `.o_breadcrumb a:contains("RUN/"), .o_breadcrumb .o_back_button`,
            run: "click",
        },
        {
            content: "Accept the rest",
            trigger: `button[name="action_post"]:visible`,
            run: "click",
        },
        {
            content: "Confirm",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "One is accepted",
            trigger: `.o_notification:contains("1 documents accepted")`,
        },
        {
            content: "Open the documents",
            trigger: `button[name="action_view_consolidated_billings"]`,
            run: "click",
        },
        {
            content: "Open the accepted one",
            trigger: `.o_list_view .o_data_row:contains("A Tour Payer") .o_data_cell[name="name"]`,
            run: "click",
        },
        {
            content: "It is final",
            trigger: `.o_form_view .o_statusbar_status .o_arrow_button_current:contains("Final")`,
        },
        {
            content: "The printed document lists the items and bears the number",
            trigger: `.o_form_view .oe_title h1 .o_field_widget[name="name"]:contains("CBI/")`,
            run: async ({ anchor }) => {
                const id = window.location.pathname.split("/").pop();
                const response = await fetch(`/report/html/consolidated_billing.report_billing_invoice/${id}`);
                const html = await response.text();
                for (const text of [anchor.textContent.trim(), "A Tour Payer", "Widget", "345.00"]) {
                    if (!html.includes(text)) {
                        throw new Error(`The printed document does not show "${text}"`);
                    }
                }
            },
        },
        {
            content: "The customer pays",
            trigger: `button[name="action_register_payment"]:visible`,
            run: "click",
        },
        {
            content: "All that is open is proposed, with the number as reference",
            trigger: `.modal .o_field_widget[name="communication"] input:value("CBI/")`,
        },
        {
            content: "Pay",
            trigger: `.modal button[name="action_create_payments"]`,
            run: "click",
        },
        {
            content: "It is paid",
            trigger: `.o_form_view:not(:has(.modal)) .ribbon:contains("Paid")`,
        },
        {
            content: "The payment is one click away",
            trigger: `button[name="action_view_payments"]:contains("1")`,
        },
    ],
});
