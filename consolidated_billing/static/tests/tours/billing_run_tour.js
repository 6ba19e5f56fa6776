import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

// The documents are created between two looks at the progress; that takes long on a busy machine.
const PATIENCE = 30000;

const stateIs = (state) => ({
    content: `The run is ${state}`,
    trigger: `.o_statusbar_status .o_arrow_button_current:contains("${state}")`,
    timeout: PATIENCE,
});

registry.category("web_tour.tours").add("consolidated_billing_run", {
    // From the menu to posted invoices.
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
        {
            content: "Unfold the customers' menu",
            trigger: `.o_menu_sections [data-menu-xmlid="account.menu_finance_receivables"]`,
            run: "click",
        },
        {
            content: "Open the billing runs",
            trigger: `.o-dropdown--menu [data-menu-xmlid="consolidated_billing.consolidated_billing_run_menu_account"]`,
            run: "click",
        },
        {
            content: "The empty list says what to do next",
            trigger: `.o_view_nocontent:contains("Prepare your first billing run")`,
        },
        {
            content: "Make a new run",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Bill grouping customers",
            trigger: `.o_field_widget[name="by_grouping_account"] input`,
            run: "check",
        },
        {
            content: "Prepare it",
            trigger: `button[name="action_prepare"]:visible`,
            run: "click",
        },
        {
            content: "Two documents are proposed, and the reason is said",
            trigger: `.o_field_widget[name="group_ids"] .o_data_row:contains("payment terms: Net-30 ≠ Net-45")`,
        },
        {
            content: "All that is unbilled is accounted for",
            trigger: `.o_billing_run_totals:contains("300.00"):contains("100.00"):contains("400.00")`,
        },
        {
            content: "Look at what is not billed",
            trigger: `a[name="not_billed"]`,
            run: "click",
        },
        {
            content: "It says why not",
            trigger: `.o_field_widget[name="skipped_line_ids"] .o_data_row:contains("bill date 2099-01-01")`,
        },
        {
            content: "Back to the documents",
            trigger: `a[name="documents"]`,
            run: "click",
        },
        {
            content: "Deselect the document of the later terms",
            trigger: `.o_data_row:contains("Net-45 ≠ Net-30") .o_field_widget[name="selected"] input`,
            run: "click",
        },
        ...stepUtils.saveForm(),
        {
            content: "The totals follow",
            trigger: `.o_billing_run_totals:not(:contains("300.00")):contains("200.00"):contains("400.00")`,
        },
        {
            content: "Generate: the button returns at once",
            trigger: `button[name="action_generate"]:visible`,
            run: "click",
        },
        stateIs("Generating"),
        stateIs("Done"), // without reloading the page
        {
            content: "Post all",
            trigger: `button[name="action_post"]:visible`,
            run: "click",
        },
        {
            content: "Confirm",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "All is posted",
            trigger: `.o_notification:contains("1 invoices posted")`,
        },
        {
            content: "Nothing is left to post",
            trigger: `.o_statusbar_buttons:not(:has(button[name="action_post"]:visible)) button[name="action_send"]`,
        },
    ],
});

registry.category("web_tour.tours").add("consolidated_billing_run_failure", {
    // Starts on a prepared run with two documents; the bill-to of one of them, "Closed Shop", is archived.
    steps: () => [
        {
            content: "Generate",
            trigger: `button[name="action_generate"]:visible`,
            run: "click",
        },
        stateIs("Generating"),
        {
            content: "Let it stand still",
            trigger: `button[name="action_pause"]:visible`,
            run: "click",
        },
        {
            content: "It says that it stands still, and that nothing is created yet",
            trigger: `.o_billing_run_progress:contains("paused"):contains("0 of 2 documents processed")`,
        },
        {
            content: "Go on",
            trigger: `button[name="action_resume"]:visible`,
            run: "click",
        },
        {
            content: "It goes on",
            trigger: `.o_billing_run_progress:not(:contains("paused"))`,
        },
        stateIs("Done"),
        {
            content: "One document was created, the other one failed",
            trigger: `.o_billing_run_progress:contains("2 of 2 documents processed"):contains("1 failed")`,
        },
        {
            content: "The error stands next to the document and says what to do",
            trigger: `.o_data_row:contains("Closed Shop") [name="error"]:contains("is archived"):contains("Restore it")`,
        },
        {
            content: "Open what has to be mended",
            trigger: `.o_data_row:contains("Closed Shop") button[name="action_open_cause"]`,
            run: "click",
        },
        {
            content: "It is the customer, who is archived",
            trigger: `.o_breadcrumb:contains("Closed Shop"):contains("RUN/")`,
        },
        {
            content: "Open the action menu",
            trigger: ".o_cp_action_menus .fa-cog",
            run: "click",
        },
        {
            content: "Restore the customer",
            trigger: `.o-dropdown--menu .o_menu_item:contains("Unarchive")`,
            run: "click",
        },
        {
            content: "It is restored",
            trigger: `.o_form_view:not(:has(.ribbon)) .o_form_sheet`,
        },
        {
            content: "Back to the run",
            trigger: ".o_back_button",
            run: "click",
        },
        {
            content: "Try the failed document again",
            trigger: `button[name="action_retry_failed"]:visible`,
            run: "click",
        },
        {
            content: "Both documents are created, nothing failed any more",
            trigger: `.o_billing_run_progress:contains("2 of 2 documents processed"):not(:contains("failed"))`,
            timeout: PATIENCE,
        },
        stateIs("Done"),
        {
            content: "There is nothing left to try again",
            trigger: `.o_statusbar_buttons:not(:has(button[name="action_retry_failed"]:visible)) button[name="action_post"]`,
        },
    ],
});

registry.category("web_tour.tours").add("consolidated_billing_run_cancel", {
    // Starts on a prepared run.
    steps: () => [
        {
            content: "Generate",
            trigger: `button[name="action_generate"]:visible`,
            run: "click",
        },
        stateIs("Generating"),
        {
            content: "Cancel",
            trigger: `button[name="action_cancel"]:visible`,
            run: "click",
        },
        {
            content: "The question says what happens",
            trigger: `.modal-body:contains("Nothing more will be created. What was created stays.")`,
        },
        {
            content: "Confirm",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        stateIs("Cancelled"),
        {
            content: "The documents are excluded",
            trigger: `.o_data_row [name="state"]:contains("Excluded")`,
        },
    ],
});

registry.category("web_tour.tours").add("consolidated_billing_collective_invoice", {
    // Starts on the form of "Tour Collector".
    steps: () => [
        {
            content: "Something is outstanding: collect it",
            trigger: `button[name="action_collective_invoice"]`,
            run: "click",
        },
        {
            content: "The open lines of both orders are there",
            trigger: `.modal .o_field_widget[name="line_ids"] .o_data_row:nth-child(3)`,
        },
        {
            content: "One invoice will result",
            trigger: `.modal .o_field_widget[name="preview_summary"]:contains("2 orders → 1 invoice")`,
        },
        {
            content: "Leave the first line for later",
            trigger: `.modal .o_data_row:first-child .o_field_widget[name="selected"] input`,
            run: "click",
        },
        {
            content: "Create the invoice",
            trigger: `.modal button[name="action_create_invoice"]`,
            run: "click",
        },
        {
            content: "It is open, as a draft",
            trigger: `.o_form_view .o_statusbar_status .o_arrow_button_current:contains("Draft")`,
        },
        {
            content: "It has a section per order",
            trigger: `[name="invoice_line_ids"] .o_is_line_section input:value(TOUR/2)`,
        },
    ],
});
