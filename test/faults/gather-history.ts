import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Artefact, Effect, FoundReceipt, History, StoredJournal } from './history.ts'
import { EFFECT_LOG } from './workload.ts'

interface Places {
  readonly stateDir: string
  readonly hosts: readonly string[]
  readonly onHost: (host: string, script: string) => Promise<string>
}

/** Collects what a fault left: journals of a controller, notes and run folders of its hosts. */
export async function gatherHistory({ stateDir, hosts, onHost }: Places): Promise<History> {
  const found = await Promise.all(hosts.map(async (host) => ofHost(host, await onHost(host, LOOK))))
  const files = filesBeneath(stateDir)
  return {
    effects: found.flatMap(({ effects }) => effects).sort((a, b) => a.at - b.at),
    journals: files.flatMap(journalIn).sort((a, b) => (a.run < b.run ? -1 : 1)),
    receipts: found.flatMap(({ receipts }) => receipts),
    artefacts: [...files, ...found.flatMap(({ artefacts }) => artefacts)],
  }
}

// One process prints every line of every file, with its name before it.
const LOOK = `cat ${EFFECT_LOG} 2>/dev/null; echo =folders; grep -ar '' /var/lib/runbook /root/.runbook 2>/dev/null; true`

function ofHost(host: string, said: string): Pick<History, 'effects' | 'receipts' | 'artefacts'> {
  const [log = '', folders = ''] = said.split('=folders\n')
  return {
    effects: log.split('\n').flatMap((line) => effectOf(host, line)),
    receipts: receiptsIn(host, folders),
    artefacts: [
      { where: `${host}:${EFFECT_LOG}`, text: log },
      { where: `${host}:run folders`, text: folders },
    ],
  }
}

function effectOf(host: string, line: string): readonly Effect[] {
  const [, seconds, what] = /^(\d+\.\d+) (.+)$/.exec(line) ?? []
  return seconds === undefined || what === undefined ? [] : [{ host, at: Number(seconds) * 1000, what }]
}

function receiptsIn(host: string, folders: string): readonly FoundReceipt[] {
  const codes = new Map<string, string | undefined>()
  for (const [, place = '', file, value] of folders.matchAll(RECEIPT_LINE))
    codes.set(place, file === 'rc' ? value : codes.get(place))
  return [...codes].map(([place, code]) => {
    const [name = '', step = '', run = ''] = place.split('/').reverse()
    return { host, run, step, name, begun: true, ...(code === undefined ? {} : { code }) }
  })
}

const RECEIPT_LINE = /^(\/[^:\n]+\.run)\/(begin|rc):(.*)$/gm

function filesBeneath(folder: string): readonly Artefact[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((where) => ({ where, text: readFileSync(where, 'utf8') }))
}

const journalIn = ({ where, text }: Artefact): readonly StoredJournal[] =>
  path.basename(where) === 'run.jsonl' ? [{ run: path.basename(path.dirname(where)), text }] : []
