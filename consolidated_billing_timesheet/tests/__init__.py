from . import (
    test_hours_pure,
    test_installation,
    test_timesheet_preview,
    test_timesheet_run,
)
