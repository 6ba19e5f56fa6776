import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("consolidated_billing_portal", {
    url: "/my",
    steps: () => [
        {
            content: "Open the consolidated invoices",
            trigger: ".o_portal_index_card:not(.d-none) a[href='/my/consolidated_invoices']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Show what is unpaid",
            trigger: "#portal_searchbar_filters",
            run: "click",
        },
        {
            content: "Choose the filter",
            trigger: ".dropdown-menu a[href*='filterby=unpaid']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Open the document",
            trigger: "td a:contains(CBI/)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The document is shown in full height",
            trigger: "#invoice_html[height]:not([height='0'])",
        },
        {
            content: "Pay",
            trigger: "a[name='pay_now']",
            run: "click",
        },
        {
            content: "The form pays what is due, with the billing number as reference",
            trigger: "#pay_with:contains(345.00):contains(CBI/) form.o_payment_form[data-amount='345.0']",
        },
    ],
});
