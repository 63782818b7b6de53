import { appendFileSync, chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What an account of the private host is; everybody's password is `user-password`, that of root `root-password`. */
interface Account {
  readonly shell?: string
  readonly isLocked?: true
  readonly sudoers?: readonly string[]
  readonly doas?: string
  readonly profile?: string
}

// crypt(3) of both passwords, with the salt `runbook`
const ROOT_HASH = '$6$runbook$clT8tyyiznVZc7zzEOOkfLWnneP5b7WpW1knJFVxq5I7Hx.33X2bgK1T/k5H2rSu/8CDGGq3Uf6qpaOCNzg2d0'
const USER_HASH = '$6$runbook$Z2nfKbPowKW51Fl/TL6u89uahBVUdYOPiOTxAvysQiuJQ861r2ADCwW0zaiy8u5u06PHq1OXkUARrFMnEsaG1/'
const BROKEN = 'echo Welcome; echo oops >&2; export PATH=/nowhere IFS=x LC_ALL=de_DE.UTF-8\n'

/** By name. */
const ACCOUNTS: Readonly<Record<string, Account>> = {
  plain: {},
  sudoer: { sudoers: ['sudoer ALL=(ALL) NOPASSWD: ALL'] },
  asked: { sudoers: ['asked ALL=(ALL) ALL'] },
  teletype: { sudoers: ['Defaults:teletype requiretty', 'teletype ALL=(ALL) NOPASSWD: ALL'] },
  broken: { shell: '/bin/bash', sudoers: ['broken ALL=(ALL) ALL'], profile: BROKEN },
  doer: { doas: 'permit nopass doer as root' },
  'asked-doer': { doas: 'permit asked-doer as root' },
  fish: { shell: '/usr/bin/fish', sudoers: ['fish ALL=(ALL) ALL'] },
  nologin: { shell: '/usr/sbin/nologin' },
  locked: { isLocked: true },
}

/** Fills a copy of /etc with these accounts, their homes in it too. */
export function fillAccounts(etc: string): void {
  const shadow = readFileSync(join(etc, 'shadow'), 'utf8').replace(/^root:[^:]*/m, () => `root:${ROOT_HASH}`)
  writeFileSync(join(etc, 'shadow'), shadow)
  const add = (file: string, lines: readonly string[]): void =>
    appendFileSync(join(etc, file), lines.map((line) => `${line}\n`).join(''))
  mkdirSync(join(etc, 'home'))
  for (const [index, [name, account]] of Object.entries(ACCOUNTS).entries()) {
    const id = 7000 + index
    add('passwd', [`${name}:x:${id}:${id}::/etc/home/${name}:${account.shell ?? '/bin/sh'}`])
    add('group', [`${name}:x:${id}:`])
    add('shadow', [`${name}:${account.isLocked ? '!' : ''}${USER_HASH}:19000:0:99999:7:::`])
    makeHome(join(etc, 'home', name), id, account.profile)
  }
  const accounts = Object.values(ACCOUNTS)
  mkdirSync(join(etc, 'sudoers.d'), { recursive: true })
  add(
    'sudoers.d/conformance',
    accounts.flatMap(({ sudoers = [] }) => sudoers),
  )
  chmodSync(join(etc, 'sudoers.d/conformance'), 0o440)
  writeFileSync(join(etc, 'doas.conf'), accounts.flatMap(({ doas }) => (doas ? `${doas}\n` : [])).join(''))
}

function makeHome(folder: string, id: number, profile: string | undefined): void {
  mkdirSync(folder)
  chownSync(folder, id, id)
  if (profile !== undefined) writeFileSync(join(folder, '.bashrc'), profile)
}
