#!/bin/sh
# gate.sh BASELINE EXPERIMENT [REPORT]: for CI. Writes the report and fails when the experiment is worse or broke.
# EXPANALYZE names the program when it is not on the PATH.
set -u
[ $# -ge 2 ] || { echo "usage: gate.sh BASELINE EXPERIMENT [REPORT]" >&2; exit 2; }
report=${3:-report.md}

"${EXPANALYZE:-expanalyze}" "$1" "$2" --fail-on regressed,failed -o "$report"
status=$?
case $status in
  0) echo "gate: passed, see $report" ;;
  1) echo "gate: the experiment regressed or failed, see $report" ;;
  *) echo "gate: no report was written (status $status)" ;;
esac
exit $status
