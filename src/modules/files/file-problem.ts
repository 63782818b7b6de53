import type { HostName } from '../../model/id.ts'
import { type Problem, ProblemError } from '../../model/problem.ts'
import type { Refusal } from '../shared/host-script.ts'
import type { RecordedMove } from './recorded-file.ts'

interface Place {
  readonly host: HostName
  readonly move: RecordedMove
}

/** What a script that changes files refused, in words for the user. Whatever it began is removed again. */
export function fileProblem(refusal: Refusal, place: Place): ProblemError {
  const said = refusal.detail === '' ? {} : { detail: refusal.detail }
  return new ProblemError({ ...wordsOf(refusal, place), ...said })
}

function wordsOf({ word, facts }: Refusal, { host, move: { path, at, before } }: Place): Problem {
  const step = (message: string, hint?: string): Problem => ({
    kind: 'step-failed',
    message,
    ...(hint === undefined ? {} : { hint }),
  })
  switch (word) {
    case 'drifted':
      return {
        kind: 'plan-drifted',
        message: `${path} on ${host} is not as the plan says`,
        hint: `planned from ${before.type}, found ${facts}; look at who changed it, then make a new plan`,
      }
    case 'missing':
      return { kind: 'missing-tool', message: `the host has no ${facts}, needed to change ${path}` }
    case 'linked':
      return step(`${at} has several hard links; replacing it would leave the others with the old content`)
    case 'mounted':
      return step(
        `${at} is a mount point of its own (a bind mount), which no other file can replace`,
        'change the file that is mounted there, or unmount it',
      )
    case 'immutable':
      return step(`${at} is marked immutable`, `look at it with lsattr; chattr -i ${at} allows the change`)
    case 'attributes':
      return step(
        `${facts} has an ACL or extended attributes, which the cp of this host (busybox) cannot keep`,
        'install coreutils on the host',
      )
    case 'folder':
      return step('cannot make the folder for pre-images as a folder of our own', 'set become: true for this step')
    case 'image':
      return step(
        `cannot keep a pre-image of ${path} with all its attributes; nothing was changed`,
        'the file system of the run folder must have room, and support the ACLs and attributes of the file',
      )
    case 'no-image':
      return step(`there is no pre-image of ${path}, and it is not as it was before`, `found ${facts}`)
    case 'damaged':
      return step(`what was written for ${path} is not what was sent; the original is untouched`)
    case 'write':
      return step(
        `cannot write beside ${path}; the original is untouched`,
        'is the file system full or read-only? is the directory writable?',
      )
    case 'owner':
      return step(`cannot give ${path} to ${facts}; the original is untouched`, 'set become: true for this step')
    case 'mode':
      return step(`cannot set mode ${facts} on ${path}`)
    case 'edited':
      return {
        kind: 'rollback-failed',
        message: `${path} on ${host} was changed by someone since; it is left as it is`,
        hint: `found ${facts}; the pre-image in the run folder on the host holds what was there before`,
      }
    case 'not-empty':
      return step(`${path} is not empty; it is left as it is`)
    default:
      return step(`cannot move the new file to ${path}; the original is untouched`)
  }
}
