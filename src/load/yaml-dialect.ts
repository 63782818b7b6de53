/**
 * How a file is read. `runbook`: YAML 1.2 core, without anchors and merge keys; `variables`: the same, with values that
 * ansible-vault encrypted. `inventory`: YAML 1.1 as PyYAML reads it for Ansible, with all of these.
 */
export type Dialect = 'runbook' | 'variables' | 'inventory'
