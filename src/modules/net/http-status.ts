import type { Probe } from '../../model/module.ts'
import { readHttp } from './http-answer.ts'

/** The status that a URL answers with; undefined without an answer. Throws ProblemError of kind missing-tool. */
export async function readHttpStatus(url: string, probe: Probe): Promise<number | undefined> {
  const answer = await readHttp({ url }, probe)
  return answer.kind === 'answer' ? answer.status : undefined
}
