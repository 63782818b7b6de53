import type { RunRecord } from '../model/run-record.ts'

/** Version of the JSON report: another minor adds members, another major may change anything. */
export const REPORT_FORMAT = '1.0'

/** A run as one JSON document: the folded record as it is, without the text of the runbook. */
export function runReportJson(record: RunRecord): string {
  const { text: _, ...runbook } = record.started.runbook
  const shown = { format: REPORT_FORMAT, ...record, started: { ...record.started, runbook } }
  return `${JSON.stringify(shown, undefined, 2)}\n`
}
