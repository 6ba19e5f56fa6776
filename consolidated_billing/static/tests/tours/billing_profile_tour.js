import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("consolidated_billing_profile", {
    // From the menu to a flagged customer, "Tour Customer", and to its members in one go.
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
            content: "Unfold the configuration",
            trigger: `.o_menu_sections [data-menu-xmlid="account.menu_finance_configuration"]`,
            run: "click",
        },
        {
            content: "Open the billing profiles",
            trigger: `.o-dropdown--menu [data-menu-xmlid="consolidated_billing.consolidated_billing_profile_menu"]`,
            run: "click",
        },
        {
            content: "The empty list says what a profile is for",
            trigger: `.o_view_nocontent:contains("Create your first billing profile")`,
        },
        {
            content: "Make a profile",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Name it",
            trigger: `.o_field_widget[name="name"] input`,
            run: "edit Tour Profile",
        },
        {
            content: "Its customers receive consolidated billing invoices",
            trigger: `.o_field_widget[name="consolidated_billing"] input`,
            run: "check",
        },
        {
            content: "Type a day that no month has",
            trigger: `.o_field_widget[name="cycle_days"] input`,
            run: "edit 15,32 && press Tab",
        },
        {
            content: "It says what is wrong",
            trigger: `.o_field_widget[name="cycle_preview"]:contains("32 is not a day of the month")`,
        },
        {
            content: "Type the middle and the end of the month",
            trigger: `.o_field_widget[name="cycle_days"] input`,
            run: "edit 15,31 && press Tab",
        },
        {
            content: "Six cutoff dates are shown",
            trigger: `.o_field_widget[name="cycle_preview"]:contains(/(\\d+\\/15\\/\\d+[^]*){3}/)`,
        },
        ...stepUtils.saveForm(),
        {
            content: "Nobody has the profile yet: open its customers",
            trigger: `button[name="action_view_customers"]:contains("0")`,
            run: "click",
        },
        {
            content: "No customer is listed",
            trigger: ".o_view_nocontent, .o_list_view:not(:has(.o_data_row))",
        },
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the Invoicing app again",
            trigger: `.o_app[data-menu-xmlid="account.menu_finance"]`,
            run: "click",
        },
        {
            content: "The app is open",
            trigger: ".o_breadcrumb .active:contains(Invoices)",
        },
        {
            content: "Unfold the customers' menu",
            trigger: `.o_menu_sections [data-menu-xmlid="account.menu_finance_receivables"]`,
            run: "click",
        },
        {
            content: "Open the customers",
            trigger: `.o-dropdown--menu [data-menu-xmlid="account.menu_account_customer"]`,
            run: "click",
        },
        {
            content: "The customers are open",
            trigger: ".o_breadcrumb .active:contains(Customers)",
        },
        {
            content: "Look for the customer",
            trigger: ".o_searchview_input",
            run: "edit Tour Customer && press Enter",
        },
        {
            content: "Show a list",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            content: "Open the customer",
            trigger: `.o_list_view .o_data_cell:contains("Tour Customer")`,
            run: "click",
        },
        {
            content: "Open the page with the invoicing data",
            trigger: `.o_form_view a[name="sales_purchases"]`,
            run: "click",
        },
        {
            content: "Choose the profile",
            trigger: `.o_field_widget[name="billing_profile_id"] input`,
            run: "edit Tour",
        },
        {
            content: "It is offered",
            trigger: `.ui-menu-item a:contains("Tour Profile")`,
            run: "click",
        },
        ...stepUtils.saveForm(),
        {
            content: "Back to the list",
            trigger: ".o_back_button a, .o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            // Odoo shows the list from its cache, and again when the server has answered: a selection is lost then.
            content: "Look for the members, until the list has been read anew",
            trigger: ".o_list_view .o_data_row",
            run: () => new Promise((resolve) => setTimeout(resolve, 3000)),
        },
        {
            content: "Select what is found",
            trigger: ".o_list_record_selector input",
            run: "click",
        },
        {
            content: "Unfold the actions",
            trigger: `.o_cp_action_menus button:contains("Actions")`,
            run: "click",
        },
        {
            content: "Assign a profile to all of them",
            trigger: `.o-dropdown--menu .o_menu_item:contains("Assign Billing Profile")`,
            run: "click",
        },
        {
            content: "Members are named, the account is not",
            trigger: `.modal [name="member_warning"]:contains("Tour Customer Branch"):not(:contains("counts: Tour Customer,"))`,
        },
        {
            content: "Choose the profile",
            trigger: `.modal .o_field_widget[name="profile_id"] input`,
            run: "edit Tour",
        },
        {
            content: "It is offered here as well",
            trigger: `.ui-menu-item a:contains("Tour Profile")`,
            run: "click",
        },
        {
            content: "Assign it",
            trigger: `.modal button[name="action_assign"]`,
            run: "click",
        },
        {
            content: "It says what was done",
            trigger: `.o_notification:contains("2 customers have the billing profile Tour Profile now")`,
        },
    ],
});
