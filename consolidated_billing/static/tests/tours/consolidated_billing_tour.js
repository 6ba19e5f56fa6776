import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/** Open a menu of the Sales app, whose top entry has to be unfolded first. */
function openSalesMenu(section, menu, title) {
    return [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the Sales app",
            trigger: `.o_app[data-menu-xmlid="sale.sale_menu_root"]`,
            run: "click",
        },
        {
            content: "The app is open",
            trigger: ".o_breadcrumb .active",
        },
        {
            content: `Unfold ${section}`,
            trigger: `.o_menu_sections [data-menu-xmlid="${section}"]`,
            run: "click",
        },
        {
            content: `Open ${title}`,
            trigger: `.o-dropdown--menu [data-menu-xmlid="${menu}"]`,
            run: "click",
        },
        {
            content: `${title} is open`,
            trigger: `.o_breadcrumb .active:contains("${title}")`,
        },
    ];
}

/** Confirm the quotation of a customer and go back to the list. */
function confirmQuotationOf(customer) {
    return [
        {
            content: `Open the quotation of ${customer}`,
            trigger: `.o_list_view .o_data_cell[name="partner_id"]:contains("${customer}")`,
            run: "click",
        },
        {
            content: "It is billed on the grouping account",
            trigger: `[name="billed_on"]:contains("54321"):contains("Tour Head Office")`,
        },
        {
            content: "Confirm it",
            trigger: `.o_statusbar_buttons button[name="action_confirm"]:visible`,
            run: "click",
        },
        {
            content: "It is an order now",
            trigger: `.o_statusbar_status .o_arrow_button_current:contains("Sales Order")`,
        },
        {
            content: "Back to the quotations",
            trigger: `.o_breadcrumb .o_back_button, .breadcrumb-item.o_back_button a`,
            run: "click",
        },
        {
            content: "The list is open",
            trigger: ".o_list_view",
        },
    ];
}

registry.category("web_tour.tours").add("consolidated_billing_grouped_invoice", {
    // Starts on the form of "Tour Head Office".
    steps: () => [
        {
            content: "Open the page with the invoicing data",
            trigger: `.o_form_view a[name="sales_purchases"]`,
            run: "click",
        },
        {
            content: "Make it a grouping account",
            trigger: `button[name="action_make_grouping_account"]`,
            run: "click",
        },
        {
            content: "It is its own grouping account",
            trigger: `button[name="action_view_grouped_partners"]`,
        },
        ...openSalesMenu("sale.sale_order_menu", "sale.res_partner_menu", "Customers"),
        {
            content: "Open the branch",
            trigger: `.o_list_view .o_data_cell:contains("Tour Branch")`,
            run: "click",
        },
        {
            content: "Open the page with the invoicing data",
            trigger: `.o_form_view:has(.o_field_widget[name="name"]) a[name="sales_purchases"]`,
            run: "click",
        },
        {
            content: "Choose the grouping account",
            trigger: `.o_field_widget[name="grouping_partner_id"] input`,
            run: "edit Tour Head",
        },
        {
            content: "Only the head office is offered",
            trigger: `.ui-menu-item a:contains("Tour Head Office")`,
            run: "click",
        },
        ...stepUtils.saveForm(),
        ...openSalesMenu("sale.sale_order_menu", "sale.menu_sale_quotations", "Quotations"),
        ...confirmQuotationOf("Tour Branch"),
        ...confirmQuotationOf("Tour Head Office"),
        ...openSalesMenu("sale.menu_sale_invoicing", "sale.menu_sale_order_invoice", "Orders to Invoice"),
        {
            content: "Both orders wait for their invoice",
            trigger: ".o_data_row:nth-child(2)",
        },
        {
            content: "Select them",
            trigger: ".o_list_record_selector input",
            run: "click",
        },
        {
            content: "Create invoices",
            trigger: `.o_control_panel button:contains("Create Invoices")`,
            run: "click",
        },
        {
            content: "The wizard says what will happen",
            trigger: `.modal [name="preview_summary"]:contains("2 orders → 1 invoice")`,
        },
        {
            content: "It names who is billed and for which orders",
            trigger: `.modal [name="preview_ids"] .o_data_row:contains("Tour Head Office"):contains("TOUR/1"):contains("TOUR/2")`,
        },
        {
            content: "Create the invoice",
            trigger: `.modal button[name="create_invoices"]`,
            run: "click",
        },
        {
            content: "It is addressed to the grouping account",
            trigger: `.o_form_view [name="partner_id"] input:value(Tour Head Office)`,
        },
        {
            content: "A section heads the first order",
            trigger: `[name="invoice_line_ids"] .o_is_line_section input:value(TOUR/1)`,
        },
        {
            content: "Another one the second order",
            trigger: `[name="invoice_line_ids"] .o_is_line_section input:value(TOUR/2)`,
        },
    ],
});

registry.category("web_tour.tours").add("consolidated_billing_settings_and_search", {
    // Starts on the settings of the Sales app.
    steps: () => [
        {
            content: "Choose one invoice per order as the company's default",
            trigger: `#invoice_grouping .o_radio_item:contains("Separate Invoice") input`,
            run: "click",
        },
        {
            content: "Do without a section per order",
            trigger: `#invoice_order_sections .o_field_widget[name="invoice_order_sections"] input`,
            run: "click",
        },
        {
            content: "Both wait to be saved; saving would build all assets anew, so leave it",
            trigger: ".o_control_panel:has(.o_form_button_save) .o_form_button_cancel",
            run: "click",
        },
        {
            content: "Orders share invoices, as before",
            trigger: `#invoice_grouping .o_radio_item:contains("Combine Orders") input:checked`,
        },
        ...openSalesMenu("sale.sale_order_menu", "sale.menu_sale_order", "Sales Orders"),
        {
            content: "Type the number of the grouping account",
            trigger: ".o_searchview_input",
            run: "edit 54321",
        },
        {
            content: "Search it as grouping account",
            trigger: `.o_searchview_autocomplete .o-dropdown-item:contains("Grouping Account")`,
            run: "click",
        },
        {
            content: "The orders of its members are found, no others",
            trigger: `.o_list_view:has(.o_data_row:contains("Tour Branch")):not(:has(.o_data_row:contains("Tour Stranger")))`,
        },
    ],
});
