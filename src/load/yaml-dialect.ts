/**
 * How a file is read. `runbook`: YAML 1.2 core, without anchors and merge keys. `inventory`: YAML 1.1 as PyYAML reads
 * it for Ansible, with both.
 */
export type Dialect = 'runbook' | 'inventory'
