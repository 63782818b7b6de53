import { readFileSync } from 'node:fs'
import { Client } from 'ssh2'

// The least that a Node program with ssh2 can do for W1: the key checked, one connection, one command for all reads,
// the comparison here. Run as `node bare-ssh2.js TASK.json`.

interface Task {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly identityFile: string
  readonly knownHostsFile: string
  readonly script: string
  readonly expected: readonly string[] // lines of the reply, one or more per step
}

const task = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Task // written by bare-contestant.ts
const known = knownKeys(readFileSync(task.knownHostsFile, 'utf8'))

const client = new Client()
client.on('connect', () => client.setNoDelay(true)) // else each small packet of the login waits for an ACK
client.on('ready', () => {
  client.exec('/bin/sh', (error, channel) => {
    if (error) throw error
    const chunks: Buffer[] = []
    channel.on('data', (chunk: Buffer) => chunks.push(chunk))
    channel.on('close', () => {
      compare(Buffer.concat(chunks).toString('utf8'))
      client.end()
    })
    channel.end(task.script)
  })
})
client.on('error', (error) => {
  throw error
})
client.connect({
  host: task.host,
  port: task.port,
  username: task.username,
  privateKey: readFileSync(task.identityFile),
  authHandler: ['publickey'],
  hostVerifier: (key: Buffer) => known.some((entry) => entry.equals(key)),
})

function knownKeys(text: string): readonly Buffer[] {
  const names = [task.host, `[${task.host}]:${task.port}`]
  return text.split('\n').flatMap((line) => {
    const [hosts = '', , key] = line.split(' ')
    return key !== undefined && hosts.split(',').some((name) => names.includes(name))
      ? [Buffer.from(key, 'base64')]
      : []
  })
}

function compare(reply: string): void {
  const lines = new Set(reply.split('\n'))
  const missing = task.expected.filter((line) => !lines.has(line))
  console.log(missing.length === 0 ? 'nothing to change' : `to change: ${missing.join(' | ')}`)
}
