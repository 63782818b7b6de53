import { readFileSync } from 'node:fs'

/** The process ids of the children of a process (proc_pid_task(5), `children`). */
export function childProcesses(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number)
}
