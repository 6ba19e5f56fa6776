import { Component, onMounted, onWillUnmount, onWillUpdateProps, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const REFRESH_MS = 2000;
const FIELDS = [
    "state",
    "is_paused",
    "progress",
    "group_count",
    "done_count",
    "failed_count",
    "skipped_count",
    "remaining_time",
];

/**
 * Progress of a billing run, refreshed while its documents are generated in the background.
 */
export class BillingRunProgress extends Component {
    static template = "consolidated_billing.BillingRunProgress";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.values = useState(this.pickValues(this.props.record.data));
        onWillUpdateProps((nextProps) => {
            Object.assign(this.values, this.pickValues(nextProps.record.data));
        });
        onMounted(() => {
            this.timer = setInterval(() => this.refresh(), REFRESH_MS);
        });
        onWillUnmount(() => clearInterval(this.timer));
    }

    pickValues(data) {
        return Object.fromEntries(FIELDS.map((name) => [name, data[name]]));
    }

    get processed() {
        return this.values.done_count + this.values.failed_count + this.values.skipped_count;
    }

    get width() {
        return `width: ${Math.round(this.values.progress)}%`;
    }

    /**
     * Ask how far the run is. As long as the form says that the run is generating, that is: when it could not be
     * reloaded after the end, because somebody was editing it, it is the next time.
     */
    async refresh() {
        const record = this.props.record;
        if (record.data.state !== "generating" || !record.resId || this.isRefreshing) {
            return;
        }
        this.isRefreshing = true;
        try {
            const [values] = await this.orm.silent.read(record.resModel, [record.resId], FIELDS);
            Object.assign(this.values, values);
            if (values.state !== record.data.state && !(await record.isDirty())) {
                await record.load();
            }
        } finally {
            this.isRefreshing = false;
        }
    }
}

registry.category("view_widgets").add("billing_run_progress", {
    component: BillingRunProgress,
    fieldDependencies: [
        { name: "state", type: "selection" },
        { name: "is_paused", type: "boolean" },
        { name: "progress", type: "float" },
        { name: "group_count", type: "integer" },
        { name: "done_count", type: "integer" },
        { name: "failed_count", type: "integer" },
        { name: "skipped_count", type: "integer" },
        { name: "remaining_time", type: "char" },
    ],
});
