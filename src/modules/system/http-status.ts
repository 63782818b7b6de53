import { sh } from '../../model/command.ts'
import type { Probe } from '../../model/module.ts'
import { missingTool } from './host-script.ts'

const answerSeconds = 10

/**
 * The status that a URL answers with, asked from the host by curl or wget; undefined without an answer. Certificates
 * are verified by the host's own trust. Throws ProblemError of kind missing-tool.
 */
export async function readHttpStatus(url: string, probe: Probe): Promise<number | undefined> {
  const reply = await probe.run(
    sh`if command -v curl >/dev/null; then curl -sS -o /dev/null -w 'HTTP %{http_code}' -m ${answerSeconds} -- ${url}
elif command -v wget >/dev/null; then wget -S -O /dev/null -T ${answerSeconds} -- ${url} 2>&1
else exit 127; fi`,
  )
  if (reply.code === 127) throw missingTool('curl or wget', `ask ${url}`)
  const found = [...reply.stdout.toString('utf8').matchAll(/HTTP(?:\/[\d.]+)? (\d{3})/g)].at(-1)?.[1]
  return found === undefined || found === '000' ? undefined : Number(found)
}
