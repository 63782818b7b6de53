import { spawn } from 'node:child_process'

/** Runs a program to its end and gives its standard output; throws with what it said when it fails. */
export function runToEnd(argv: readonly [string, ...string[]], input = ''): Promise<string> {
  const [tool, ...args] = argv
  const child = spawn(tool, args, { stdio: 'pipe' })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text
  })
  child.stdin.on('error', () => undefined).end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(said.stdout)
      else reject(new Error(`${argv.join(' ')} ended with ${code}\n${said.stderr || said.stdout}`))
    })
  })
}
